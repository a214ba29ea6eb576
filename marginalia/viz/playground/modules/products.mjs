// Products of matrices in WebAssembly, and the memory in which they work; the source is products.c.

import { PRODUCTS } from "./products_wasm.mjs";

const module = new WebAssembly.Module(Uint8Array.from(atob(PRODUCTS), (letter) => letter.charCodeAt(0)));
const ALIGNED = 4;

export class Products {
	constructor() {
		this.functions = new WebAssembly.Instance(module).exports;
		this.end = this.functions.__heap_base.value;
	}

	// Zeros on which the products can work. Raises RangeError when the memory is full.
	array(length) {
		const array = new Float32Array(this.functions.memory.buffer, this.end, length);
		this.end += ALIGNED * Math.ceil(length / ALIGNED) * array.BYTES_PER_ELEMENT;
		return array;
	}

	// out (rows, columns) += x (rows, inner) w (inner, columns); inner is a multiple of 4.
	addProduct(x, rows, inner, w, columns, out) {
		this.functions.addProduct(x.byteOffset, rows, inner, w.byteOffset, columns, out.byteOffset);
	}

	// out (inner, columns) += x^T (inner, rows) y (rows, columns); rows is a multiple of 4.
	addOuterProducts(x, rows, inner, y, columns, out) {
		this.functions.addOuterProducts(x.byteOffset, rows, inner, y.byteOffset, columns, out.byteOffset);
	}

	// out (rows, inner) = y (rows, columns) w^T (columns, inner).
	multiplyByTransposed(y, rows, columns, w, inner, out) {
		this.functions.multiplyByTransposed(y.byteOffset, rows, columns, w.byteOffset, inner, out.byteOffset);
	}
}
