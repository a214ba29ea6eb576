import { drawCurves } from "./curves.mjs";
import { drawMaps, measureOf } from "./maps.mjs";
import { read } from "./numbers.mjs";

const element = (id) => document.getElementById(id);
const metricMenu = element("metric");
const epochMenu = element("epoch");

function start() {
	metricMenu.replaceChildren(...summary.metrics.map((name) => new Option(name.replaceAll("_", " "), name)));
	const epochs = [...new Set(summary.cells.flatMap((cell) => cell.epochs))].sort((a, b) => a - b);
	epochMenu.replaceChildren(new Option("the last", "-1"), ...epochs.map((epoch) => new Option(epoch, epoch)));
	const asked = new URLSearchParams(location.hash.slice(1)).get("metric");
	if (summary.metrics.includes(asked)) metricMenu.value = asked;
	for (const menu of [metricMenu, epochMenu]) menu.addEventListener("change", draw);
	element("curves").hidden = !summary.curves.length;
	draw();
}

function draw() {
	const metric = metricMenu.value;
	history.replaceState(null, "", `#metric=${metric}`);
	drawMaps(element("maps"), summary, metric, Number(epochMenu.value), choose);
	choose(summary.best[0] ?? 0);
}

/** Shows the numbers of a cell, the pages of its runs, and its curve beside those of the best. */
function choose(index) {
	const [cell, metric] = [summary.cells[index], metricMenu.value];
	const [mean, sd, low, high, n] = measureOf(cell, metric, Number(epochMenu.value)) ?? [null, null, null, null, 0];
	element("name").textContent = cell.name;
	const spread = n > 1 ? ` ± ${read(sd, metric, 2)}, 95 % interval ${read(low, metric, 2)} to ${read(high, metric, 2)}` : "";
	element("numbers").textContent = `${read(mean, metric, 2)}${spread}, n\u00a0=\u00a0${n}`;
	const pages = Object.entries(cell.pages).filter(([, address]) => address);
	element("pages").replaceChildren(...(pages.length ? ["Open the run of seed "] : []));
	for (const [seed, address] of pages) element("pages").append(opener(seed, address), " ");
	const shown = [...new Set([...summary.curves, index])];
	const colors = shown.map((number, place) => summary.colors[place % summary.colors.length]);
	const at = shown.indexOf(index);
	drawCurves(element("curves").firstChild, shown.map((number) => summary.cells[number]), metric, colors, at);
	element("key").replaceChildren(...shown.map((number, place) => keyLine(summary.cells[number].name, colors[place], place === at)));
}

function opener(seed, address) {
	const link = document.createElement("a");
	link.href = address;
	link.textContent = seed;
	return link;
}

function keyLine(name, color, isChosen) {
	const line = document.createElement("li");
	line.classList.toggle("chosen", isChosen);
	line.textContent = name;
	line.style.setProperty("--own", color);
	return line;
}

start();
