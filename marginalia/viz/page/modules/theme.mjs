// The colours of the reader's system, light or dark.

import { pageData } from "./page_data.mjs";

export const darkScheme = matchMedia("(prefers-color-scheme: dark)");

export function theme() {
	return pageData.themes[darkScheme.matches ? "dark" : "light"];
}
