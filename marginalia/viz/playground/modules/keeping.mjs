// What the reader takes along: an address, a PNG, a GIF, a printed page.

import { filmed, saveGif, savePng } from "./picture_files.mjs";
import { sheetOf } from "./sheet.mjs";
import { words } from "./words.mjs";

export class Keeping {
	// now(): { panes: [{ canvas, lines }], theme, name }, what is seen. play(on): a film shows a training; returns
	// whether it was going on before. addressBar: of the page.
	constructor(elements, now, play, addressBar) {
		Object.assign(this, { elements, now, play, addressBar });
		elements.copy.addEventListener("click", () => this.copy());
		elements.png.addEventListener("click", () => this.hasPictures && savePng(this.sheet(), this.now().name));
		elements.gif.addEventListener("click", () => this.hasPictures && this.film());
		addEventListener("beforeprint", () => this.write());
	}

	get hasPictures() {
		return this.now().panes.length > 0;
	}

	sheet() {
		const { panes, theme } = this.now();
		return sheetOf(panes, theme);
	}

	async copy() {
		const { copy } = this.elements;
		this.addressBar.write();
		try {
			await navigator.clipboard.writeText(location.href);
			copy.textContent = words("Copied");
		} catch {
			copy.textContent = words("Copy it from the address bar");
		}
		setTimeout(() => (copy.textContent = words("Copy address")), 2000);
	}

	async film() {
		const { gif } = this.elements;
		gif.disabled = true;
		const wasPlaying = this.play(true);
		const onProgress = (share) => {
			gif.textContent = `${Math.round(100 * share)} %`;
		};
		try {
			const film = await filmed(() => this.sheet(), onProgress).finally(() => this.play(wasPlaying));
			await saveGif(film, this.elements["gif-library"].textContent, this.now().name);
		} finally {
			gif.textContent = "GIF";
			gif.disabled = false;
		}
	}

	// The page on paper carries formula, numbers and address.
	write() {
		this.addressBar.write();
		const lines = this.now().panes.flatMap(({ lines }) => lines);
		this.elements.handout.innerText = [...lines, location.href].join("\n");
	}
}
