const BROWSER = [
	"Blob", "DecompressionStream", "ImageData", "Path2D", "Response", "URLSearchParams", "addEventListener", "atob",
	"devicePixelRatio", "document", "getComputedStyle", "history", "innerHeight", "location", "matchMedia",
	"requestAnimationFrame",
];

export default [{
	files: ["**/*.mjs"],
	languageOptions: { globals: Object.fromEntries(BROWSER.map((name) => [name, "readonly"])) },
	rules: {
		"complexity": ["error", 12],
		"eqeqeq": "error",
		"max-len": ["error", { code: 120, tabWidth: 2 }],
		"max-lines-per-function": ["error", 40],
		"no-shadow": "error",
		"no-undef": "error",
		"no-unused-vars": "error",
		"no-var": "error",
		"prefer-const": "error",
	},
}];
