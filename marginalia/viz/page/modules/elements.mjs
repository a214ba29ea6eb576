// The elements of the page.

// Every element with an id, by its id.
export const elements = Object.fromEntries([...document.querySelectorAll("[id]")].map((found) => [found.id, found]));

export function createElement(tag, properties, ...children) {
	const made = Object.assign(document.createElement(tag), properties);
	made.append(...children);
	return made;
}
