import { limits, read } from "./numbers.mjs";

const DARK = 0.6;
const REST = 120; // ms; a pointer on its way to the links of a run crosses cells that nobody chose

/** A table a map, its cells coloured by the mean and linked to the page of a run. */
export function drawMaps(place, summary, metric, epoch, choose) {
	const means = summary.cells.map((cell) => measureOf(cell, metric, epoch)?.[0] ?? null);
	const known = means.filter((mean) => mean !== null);
	const [low, high] = limits(known);
	const tables = summary.facets.map((facet) => {
		const table = document.createElement("table");
		table.createCaption().textContent = facet.name;
		if (summary.xName) {
			const head = table.createTHead().insertRow();
			heading(head, summary.xName, "row");
			facet.columns.forEach((column) => heading(head, column, "col"));
		}
		for (const [number, cells] of facet.rows.entries()) {
			const row = table.insertRow();
			heading(row, facet.names[number], "row");
			for (const index of cells) {
				const place = row.insertCell();
				if (index !== null) place.append(link(summary, index, means[index], metric, low, high, choose));
			}
		}
		return table;
	});
	place.replaceChildren(...tables);
}

/** [mean, sd, low, high, n] of the cell at this epoch; undefined where the metric was not measured. */
export function measureOf(cell, metric, epoch) {
	return cell.measures[metric]?.[epoch < 0 ? cell.epochs.length - 1 : cell.epochs.indexOf(epoch)];
}

/** The address of the page of the first run that has one. */
export function firstPage(cell) {
	return Object.values(cell.pages).find((address) => address);
}

function link(summary, index, mean, metric, low, high, choose) {
	const cell = summary.cells[index];
	const share = mean === null ? 0 : Math.min(1, Math.max(0, (mean - low) / (high - low || 1)));
	const element = document.createElement("a");
	element.textContent = read(mean, metric);
	element.style.setProperty("--share", 0.04 + 0.96 * share);
	element.style.setProperty("--on", share > DARK ? "#000000" : "var(--ink)");
	element.classList.toggle("best", summary.best.includes(index));
	const page = firstPage(cell);
	if (page) element.href = page;
	else element.tabIndex = 0;
	let waiting;
	element.addEventListener("pointerenter", () => (waiting = setTimeout(choose, REST, index)));
	element.addEventListener("pointerleave", () => clearTimeout(waiting));
	element.addEventListener("focus", () => choose(index));
	return element;
}

function heading(row, text, scope) {
	const cell = document.createElement("th");
	cell.scope = scope;
	cell.textContent = text;
	row.append(cell);
}
