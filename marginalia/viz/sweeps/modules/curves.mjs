import { read } from "./numbers.mjs";

const NAMESPACE = "http://www.w3.org/2000/svg";
const WIDTH = 384;
const HEIGHT = 260;
const LEFT = 52;
const BOTTOM = 24;
const TOP = 10;

/** The means of these cells over the epochs of training, each with the band of its interval; of the loss, its floor.
 *  One of them, by its place, is drawn thicker. */
export function drawCurves(svg, cells, metric, colors, chosen) {
	const lines = cells.map((cell) => (cell.measures[metric] ?? []).map((measure, at) => [cell.epochs[at], ...measure]));
	const points = lines.flat().filter(([epoch, mean]) => epoch > 0 && mean !== null);
	svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
	svg.replaceChildren();
	if (!points.length) return;
	const epochs = points.map(([epoch]) => epoch);
	const floors = metric === "loss" ? cells.map((cell) => cell.measures.loss_floor?.at(-1)[0] ?? null) : [];
	const values = points.flatMap(([, mean, , low, high]) => [mean, low ?? mean, high ?? mean]);
	values.push(...floors.filter((floor) => floor !== null));
	const [first, last, least, most] = [Math.min(...epochs), Math.max(...epochs), Math.min(...values), Math.max(...values)];
	const x = (epoch) => LEFT + ((WIDTH - LEFT - 8) * (epoch - first)) / (last - first || 1);
	const y = (value) => HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - TOP) * (value - least)) / (most - least || 1);
	for (const [value, anchor] of [[least, 0], [most, 4]]) caption(svg, LEFT - 8, y(value) + anchor, read(value, metric), "end");
	caption(svg, x(first), HEIGHT - 4, `epoch ${first}`, "start");
	caption(svg, x(last), HEIGHT - 4, `${last}`, "end");
	lines.forEach((line, number) => {
		const there = line.filter(([epoch, mean]) => epoch > 0 && mean !== null);
		const along = (choice) => there.map((point) => `${x(point[0])},${y(point[choice] ?? point[1])}`);
		if (!there.length) return;
		outline(svg, `M${[...along(3), ...along(4).reverse()].join("L")}Z`, "band", "fill", colors[number]);
		outline(svg, `M${along(1).join("L")}`, number === chosen ? "line chosen" : "line", "stroke", colors[number]);
		const floor = floors[number] ?? null;
		if (floor !== null) outline(svg, `M${x(first)},${y(floor)}H${x(last)}`, "floor", "stroke", colors[number]);
	});
}

function outline(svg, shape, name, property, color) {
	const element = document.createElementNS(NAMESPACE, "path");
	element.setAttribute("d", shape);
	element.setAttribute("class", name);
	element.style[property] = color;
	svg.append(element);
}

function caption(svg, x, y, text, anchor) {
	const element = document.createElementNS(NAMESPACE, "text");
	element.setAttribute("x", x);
	element.setAttribute("y", y);
	element.setAttribute("text-anchor", anchor);
	element.textContent = text;
	svg.append(element);
}
