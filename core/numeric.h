/* Functions of numbers whose results are the same bits on every machine with IEEE doubles.
 *
 * The C library's exp and log differ in the last bit between versions and processors, which is enough to turn one row
 * of a generated table. These use sums, products, quotients and roots alone, in a fixed order. Pure; safe from any
 * thread. */
#ifndef FW_CORE_NUMERIC_H
#define FW_CORE_NUMERIC_H

/* e^x to 1e-15 relative: 0 below -745, inf above 709.7, NaN for NaN. */
double fw_exact_exp(double x);

/* Natural logarithm to 1e-15 relative (near 1: absolute 1e-16): -inf at 0, NaN below 0, inf at inf. */
double fw_exact_log(double x);

/* Sine and cosine of radians, to 1e-15 absolute for |x| up to 1e6, less exact beyond; NaN from 2^50 on. */
double fw_exact_sin(double x);
double fw_exact_cos(double x);

/* Hyperbolic tangent to 1e-15 absolute. */
double fw_exact_tanh(double x);

/* Standard normal quantile, to 15 digits: x with P(Z < x) = p. -inf at 0, inf at 1, NaN outside. */
double fw_normal_quantile(double p);

#endif
