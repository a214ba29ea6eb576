// Products of matrices, row by row, for the network of the playground. `make wasm` compiles them to WebAssembly with
// SIMD: several times as fast as the same loops in JavaScript.

#define EXPORTED(name) __attribute__((export_name(name)))

// out (rows, columns) += x (rows, inner) w (inner, columns); inner is a multiple of 4.
EXPORTED("addProduct")
void add_product(const float *restrict x, int rows, int inner, const float *restrict w, int columns, float *restrict out)
{
	for (int i = 0; i < rows; i++, x += inner, out += columns) {
		for (int k = 0; k < inner; k += 4) {
			const float *first = w + k * columns, *second = first + columns;
			const float *third = second + columns, *fourth = third + columns;
			for (int j = 0; j < columns; j++)
				out[j] += x[k] * first[j] + x[k + 1] * second[j] + x[k + 2] * third[j] + x[k + 3] * fourth[j];
		}
	}
}

// out (inner, columns) += x^T (inner, rows) y (rows, columns); rows is a multiple of 4.
EXPORTED("addOuterProducts")
void add_outer_products(const float *restrict x, int rows, int inner, const float *restrict y, int columns, float *restrict out)
{
	for (int i = 0; i < rows; i += 4, x += 4 * inner, y += 4 * columns) {
		const float *second = y + columns, *third = second + columns, *fourth = third + columns;
		for (int k = 0; k < inner; k++) {
			float a = x[k], b = x[inner + k], c = x[2 * inner + k], d = x[3 * inner + k];
			for (int j = 0; j < columns; j++)
				out[k * columns + j] += a * y[j] + b * second[j] + c * third[j] + d * fourth[j];
		}
	}
}

// out (rows, inner) = y (rows, columns) w^T (columns, inner).
EXPORTED("multiplyByTransposed")
void multiply_by_transposed(const float *restrict y, int rows, int columns, const float *restrict w, int inner, float *restrict out)
{
	for (int i = 0; i < rows; i++, y += columns, out += inner) {
		for (int k = 0; k < inner; k++) {
			const float *row = w + k * columns;
			float sum = 0;
			for (int j = 0; j < columns; j++) {
#pragma clang fp reassociate(on)
				sum += y[j] * row[j];
			}
			out[k] = sum;
		}
	}
}
