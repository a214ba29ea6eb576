// Reads the packed blocks of the HTML.

import { elements } from "./elements.mjs";
import { SPLITS, readerOf, takeDigits, takeSplit } from "./packing.mjs";
import { pageData } from "./page_data.mjs";

async function readBlock(id) {
	const bytes = Uint8Array.from(atob(elements[id].textContent), (letter) => letter.charCodeAt(0));
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
	return readerOf(await new Response(stream).arrayBuffer());
}

export async function loadRun(run, number) {
	const take = await readBlock(`run-${number}`);
	const set = pageData.sets[run.set];
	for (const split of SPLITS) run[split] = takeSplit(take, run, set[split], run.longest[split], pageData.bins);
	return run;
}

export async function loadDigits(set, number) {
	const take = await readBlock(`set-${number}`);
	for (const split of SPLITS) set[split].digits = takeDigits(take, set[split].labels.length);
}
