// A PNG of what is seen, or a GIF of what is seen in the next seconds, for the reader to keep.

const FRAMES = 32;
const DELAY = 120; // milliseconds
const COLORS = 128;

export async function savePng(sheet, name) {
	save(await sheet.convertToBlob({ type: "image/png" }), `${name}.png`);
}

// The pictures of the next seconds. take(): a canvas of what is seen now. onProgress(share): from 0 to 1.
export async function filmed(take, onProgress) {
	const frames = [];
	let size = null;
	for (let n = 0; n < FRAMES; n++) {
		const sheet = take();
		size ??= { width: sheet.width, height: sheet.height };
		const { data } = sheet.getContext("2d").getImageData(0, 0, size.width, size.height);
		frames.push({ data, delay: DELAY });
		onProgress((n + 1) / (FRAMES + 1));
		await new Promise((resolve) => setTimeout(resolve, DELAY));
	}
	return { ...size, frames, maxColors: COLORS, looped: true };
}

// library: the source of modern-gif, which encodes in a worker of its own.
export async function saveGif(film, library, name) {
	save(new Blob([await encoded(film, library)], { type: "image/gif" }), `${name}.gif`);
}

function encoded(movie, library) {
	const answer = "onmessage = async ({ data }) => postMessage(await modernGif.encode(data));";
	const address = URL.createObjectURL(new Blob([library, answer], { type: "text/javascript" }));
	const encoder = new Worker(address);
	return new Promise((resolve, reject) => {
		encoder.onmessage = ({ data }) => resolve(data);
		encoder.onerror = reject;
		encoder.postMessage(movie, movie.frames.map(({ data }) => data.buffer));
	}).finally(() => {
		encoder.terminate();
		URL.revokeObjectURL(address);
	});
}

function save(blob, download) {
	const href = URL.createObjectURL(blob);
	Object.assign(document.createElement("a"), { href, download }).click();
	setTimeout(() => URL.revokeObjectURL(href), 60000);
}
