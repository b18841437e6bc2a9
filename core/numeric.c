#include "core/numeric.h"

#include <math.h>
#include <stdint.h>

/* ln 2 in two parts; the product of the first with an exponent is exact (fdlibm's e_exp.c). */
static const double ln2_high = 6.93147180369123816490e-01;
static const double ln2_low = 1.90821492927058770002e-10;

/* Sum of c[i] x^i. */
static double polynomial(const double *c, int degree, double x)
{
    double sum = c[degree];
    for (int i = degree - 1; i >= 0; i--)
        sum = sum * x + c[i];
    return sum;
}

/* x = k ln 2 + r with |r| <= ln 2 / 2; Taylor series of exp(r), whose rest is below 2^-53; times 2^k. */
double fw_exact_exp(double x)
{
    static const double taylor[] = {
        1.0,        1.0,         1.0 / 2,      1.0 / 6,       1.0 / 24,       1.0 / 120,       1.0 / 720,
        1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};
    if (isnan(x))
        return x;
    if (x < -745.2)
        return 0;
    if (x > 709.79)
        return INFINITY;
    double k = floor(x * 1.44269504088896340736 + 0.5);
    double r = x - k * ln2_high - k * ln2_low;
    return ldexp(polynomial(taylor, 13, r), (int)k);
}

/* x = 2^k m with m in [1/sqrt 2, sqrt 2): log m = 2 atanh z, z = (m - 1) / (m + 1), |z| < 0.172. */
double fw_exact_log(double x)
{
    static const double series[] = {2.0,      2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9, 2.0 / 11,
                                    2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21};
    if (!(x > 0) || isinf(x))
        return x == 0 ? -INFINITY : x > 0 ? x : NAN;
    int k;
    double m = frexp(x, &k);
    if (m < 0.70710678118654752440) {
        m *= 2;
        k--;
    }
    double z = (m - 1) / (m + 1);
    return k * ln2_high + (z * polynomial(series, 10, z * z) + k * ln2_low);
}

/* x = k pi/2 + r with |r| <= pi/4. pi/2 in three parts, of which the first two have 33 bits each, so that their
 * products with k are exact (fdlibm's e_rem_pio2.c); then the Taylor series, whose rests are below 2^-53. Returns sin(x
 * + turns pi/2). */
static double sine(double x, int64_t turns)
{
    static const double parts[] = {1.57079632673412561417e+00, 6.07710050630396597660e-11, 2.02226624879595063154e-21};
    static const double sines[] = {1.0,
                                   -1.0 / 6,
                                   1.0 / 120,
                                   -1.0 / 5040,
                                   1.0 / 362880,
                                   -1.0 / 39916800,
                                   1.0 / 6227020800.0,
                                   -1.0 / 1307674368000.0,
                                   1.0 / 355687428096000.0};
    static const double cosines[] = {1.0,
                                     -1.0 / 2,
                                     1.0 / 24,
                                     -1.0 / 720,
                                     1.0 / 40320,
                                     -1.0 / 3628800,
                                     1.0 / 479001600,
                                     -1.0 / 87178291200.0,
                                     1.0 / 20922789888000.0};
    if (!(fabs(x) < 0x1p50))
        return NAN;
    double k = floor(x * 0.63661977236758134308 + 0.5);
    double r = x - k * parts[0] - k * parts[1] - k * parts[2];
    int64_t quarter = ((int64_t)k + turns) & 3;
    double value = quarter % 2 == 0 ? r * polynomial(sines, 8, r * r) : polynomial(cosines, 8, r * r);
    return quarter < 2 ? value : -value;
}

double fw_exact_sin(double x)
{
    return sine(x, 0);
}

double fw_exact_cos(double x)
{
    return sine(x, 1);
}

double fw_exact_tanh(double x)
{
    double e = fw_exact_exp(-2 * fabs(x));
    double value = (1 - e) / (1 + e);
    return x < 0 ? -value : value;
}

/* Wichura 1988, algorithm AS 241, PPND16: three rational approximations, relative error about 1e-16. */
double fw_normal_quantile(double p)
{
    static const double middle[2][8] = {{3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                         1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                         3.3430575583588128105e+4, 2.5090809287301226727e+3},
                                        {1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2,
                                         5.3941960214247511077e+3, 2.1213794301586595867e+4, 3.9307895800092710610e+4,
                                         2.8729085735721942674e+4, 5.2264952788528545610e+3}};
    static const double near[2][8] = {{1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
                                       3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
                                       2.27238449892691845833e-2, 7.74545014278341407640e-4},
                                      {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0,
                                       6.89767334985100004550e-1, 1.48103976427480074590e-1, 1.51986665636164571966e-2,
                                       5.47593808499534494600e-4, 1.05075007164441684324e-9}};
    static const double far[2][8] = {{6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
                                      2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                      2.71155556874348757815e-5, 2.01033439929228813265e-7},
                                     {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1,
                                      1.48753612908506148525e-2, 7.86869131145613259100e-4, 1.84631831751005468180e-5,
                                      1.42151175831644588870e-7, 2.04426310338993978564e-15}};
    if (!(p >= 0 && p <= 1))
        return NAN;
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * polynomial(middle[0], 7, r) / polynomial(middle[1], 7, r);
    }
    double r = sqrt(-fw_exact_log(q < 0 ? p : 1 - p));
    double x = r <= 5 ? polynomial(near[0], 7, r - 1.6) / polynomial(near[1], 7, r - 1.6)
                      : polynomial(far[0], 7, r - 5) / polynomial(far[1], 7, r - 5);
    return q < 0 ? -x : x;
}
