import { App } from "./app.mjs";
import { loadDigits, loadRun } from "./loading.mjs";
import { pageData } from "./page_data.mjs";

async function start() {
	const digits = Promise.all(pageData.sets.map(loadDigits));
	const runs = await Promise.all(pageData.runs.map(loadRun));
	await digits;
	return new App(runs);
}

export const started = start();
