#include "core/text.h"

#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fw_text fw_text_of(const char *text)
{
    return (struct fw_text){text, strlen(text)};
}

bool fw_text_equal(struct fw_text a, struct fw_text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool fw_text_equal_ignoring_case(struct fw_text a, struct fw_text b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++) {
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct fw_text fw_text_trim(struct fw_text text)
{
    while (text.length > 0 && is_blank(text.data[0])) {
        text.data++;
        text.length--;
    }
    while (text.length > 0 && is_blank(text.data[text.length - 1]))
        text.length--;
    return text;
}

void fw_buffer_init(struct fw_buffer *buffer, struct fw_allocator *mem)
{
    *buffer = (struct fw_buffer){.mem = mem};
}

void fw_buffer_clear(struct fw_buffer *buffer)
{
    fw_free(buffer->mem, buffer->data);
    *buffer = (struct fw_buffer){.mem = buffer->mem};
}

void fw_buffer_add(struct fw_buffer *buffer, const char *data, size_t n)
{
    if (buffer->failed)
        return;
    if (n > INT64_MAX / 4 ||
        fw_reserve(buffer->mem, &buffer->data, &buffer->capacity, buffer->length + (int64_t)n + 1, 1, NULL) != FW_OK) {
        buffer->failed = true;
        return;
    }
    if (n > 0)
        memcpy(buffer->data + buffer->length, data, n);
    buffer->length += (int64_t)n;
    buffer->data[buffer->length] = '\0';
}

void fw_buffer_cut(struct fw_buffer *buffer, int64_t length)
{
    if (length >= buffer->length)
        return;
    buffer->length = length;
    buffer->data[length] = '\0';
}

void fw_buffer_add_text(struct fw_buffer *buffer, const char *text)
{
    fw_buffer_add(buffer, text, strlen(text));
}

void fw_buffer_addf(struct fw_buffer *buffer, const char *format, ...)
{
    char small[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (n < 0) {
        buffer->failed = true;
        return;
    }
    if ((size_t)n < sizeof small) {
        fw_buffer_add(buffer, small, (size_t)n);
        return;
    }
    if (buffer->failed ||
        fw_reserve(buffer->mem, &buffer->data, &buffer->capacity, buffer->length + n + 1, 1, NULL) != FW_OK) {
        buffer->failed = true;
        return;
    }
    va_start(args, format);
    vsnprintf(buffer->data + buffer->length, (size_t)n + 1, format, args);
    va_end(args);
    buffer->length += n;
}

enum fw_status fw_buffer_check(const struct fw_buffer *buffer, struct fw_error *err)
{
    return buffer->failed ? fw_error_nomem(err, buffer->mem, "a text buffer", buffer->length, 1) : FW_OK;
}

/* strtod under the C locale whatever the process has set. Slow path: long mantissas only. */
static bool to_double_slow(struct fw_text text, double *value)
{
    char small[64];
    char *copy = text.length < sizeof small ? small : malloc(text.length + 1);
    if (copy == NULL)
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(c_locale);
    double parsed = strtod(copy, NULL);
    uselocale(before);
    freelocale(c_locale);
    if (copy != small)
        free(copy);
    *value = parsed;
    return isfinite(parsed);
}

bool fw_text_to_double(struct fw_text text, double *value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *c = text.data;
    const char *end = text.data + text.length;
    if (text.length == 0)
        return false;
    bool negative = *c == '-';
    if (*c == '-' || *c == '+')
        c++;
    uint64_t mantissa = 0;
    int digits = 0; /* significant digits taken into the mantissa */
    int scale = 0;  /* power of ten that the mantissa is to be multiplied by */
    bool any = false;
    bool cut = false; /* digits were dropped: the fast path would round twice */
    for (; c < end && *c >= '0' && *c <= '9'; c++) {
        any = true;
        if (digits < 18) {
            mantissa = mantissa * 10 + (uint64_t)(*c - '0');
            digits += mantissa != 0;
        } else {
            cut = true;
            scale++;
        }
    }
    if (c < end && *c == '.') {
        for (c++; c < end && *c >= '0' && *c <= '9'; c++) {
            any = true;
            if (digits < 18) {
                mantissa = mantissa * 10 + (uint64_t)(*c - '0');
                digits += mantissa != 0;
                scale--;
            } else {
                cut = true;
            }
        }
    }
    if (!any)
        return false;
    if (c < end && (*c == 'e' || *c == 'E')) {
        c++;
        bool minus = c < end && *c == '-';
        if (c < end && (*c == '-' || *c == '+'))
            c++;
        if (c == end)
            return false;
        int exponent = 0;
        for (; c < end && *c >= '0' && *c <= '9'; c++)
            exponent = exponent < 100000 ? exponent * 10 + (*c - '0') : exponent;
        scale += minus ? -exponent : exponent;
    }
    if (c != end)
        return false;
    /* Both factors are exact doubles here, so the one product or quotient is correctly rounded (Clinger 1990). */
    if (!cut && mantissa <= (UINT64_C(1) << 53) && scale >= -22 && scale <= 22) {
        double v = (double)mantissa;
        v = scale < 0 ? v / powers[-scale] : v * powers[scale];
        *value = negative ? -v : v;
        return true;
    }
    return to_double_slow(text, value);
}

bool fw_text_to_int(struct fw_text text, int64_t *value)
{
    if (text.length == 0 || text.length > 20)
        return false;
    size_t i = text.data[0] == '-' || text.data[0] == '+';
    if (i == text.length)
        return false;
    int64_t v = 0;
    for (; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        int64_t digit = text.data[i] - '0';
        if (__builtin_mul_overflow(v, (int64_t)10, &v) ||
            __builtin_add_overflow(v, text.data[0] == '-' ? -digit : digit, &v))
            return false;
    }
    *value = v;
    return true;
}

/* With so many significant digits, without zeros at the end; a comma of the locale becomes a point. */
static int print_digits(char out[32], int digits, double value)
{
    int n = snprintf(out, 32, "%.*g", digits, value);
    for (int i = 0; i < n; i++)
        out[i] = out[i] == ',' ? '.' : out[i];
    return n;
}

int fw_text_from_float(char out[32], float value)
{
    double exact = (double)value;
    if (exact == trunc(exact) && fabs(exact) < 1e7)
        return snprintf(out, 32, "%.0f", exact);
    /* 9 digits always read back; 6 always show the value where so few will do, but for subnormal numbers */
    for (int digits = fabsf(value) < FLT_MIN ? 1 : 6; digits <= 9; digits++) {
        double back;
        int n = print_digits(out, digits, exact);
        if (digits == 9 || (fw_text_to_double((struct fw_text){out, (size_t)n}, &back) && (float)back == value))
            return n;
    }
    return 0;
}

__extension__ typedef unsigned __int128 fw_u128;

/* The digits of a number that is no whole one, by whole numbers of 128 bits alone: value * 10^k has 17 digits before
 * its point. The shortest form has 17 digits, 16, or is the one of 15 digits without its last zeros, because no two
 * decimals of 15 digits read as the same double; whether one reads back is a comparison with half the distance to the
 * next double. Returns 0 for what it does not handle: powers of two (their neighbours are not equally far) and values
 * outside [1e-4, 1e15), which want an exponent. Some ten times as fast as printing and reading. */
static int print_shortest(char out[32], double value)
{
    int exponent;
    double magnitude = fabs(value);
    if (!(magnitude >= 1e-4 && magnitude < 1e15))
        return 0;
    uint64_t m = (uint64_t)ldexp(frexp(magnitude, &exponent), 53);
    int shift = 53 - exponent; /* magnitude = m / 2^shift, 3 <= shift <= 66 */
    if ((m & (m - 1)) == 0 || shift < 3)
        return 0;
    int k = 20;
    fw_u128 scale = (fw_u128)10000000000U * 10000000000U;
    for (double power = 1e-3; magnitude >= power && k > 0; power *= 10, k--)
        scale /= 10;
    fw_u128 scaled = m * scale;
    if (scaled >> shift >= UINT64_C(100000000000000000)) { /* `power` is rounded */
        k--;
        scale /= 10;
        scaled = m * scale;
    }
    uint64_t digits = 0;
    for (uint64_t unit = 100; unit > 0; unit /= 10) {
        fw_u128 step = (fw_u128)unit << shift;
        fw_u128 below = scaled % step;
        bool up = below > step / 2 || (below == step / 2 && (scaled / step) % 2 == 1);
        fw_u128 distance = up ? step - below : below;
        digits = (uint64_t)((scaled - below + (up ? step : 0)) >> shift);
        if (2 * distance < scale || (2 * distance == scale && m % 2 == 0) || unit == 1)
            break;
    }
    while (k > 0 && digits % 10 == 0) {
        digits /= 10;
        k--;
    }
    char text[32];
    int n = 0; /* from the last digit on, without a format: a table has millions */
    for (int least = k > 0 ? k + 2 : 1; digits > 0 || n < least; digits /= 10) {
        text[n++] = (char)('0' + digits % 10);
        if (n == k)
            text[n++] = '.';
    }
    int at = 0;
    if (value < 0)
        out[at++] = '-';
    while (n > 0)
        out[at++] = text[--n];
    out[at] = '\0';
    return at;
}

int fw_text_from_double(char out[32], double value)
{
    /* whole numbers as people write them: 20, not 2e+01 */
    if (value == trunc(value) && fabs(value) < 1e15)
        return snprintf(out, 32, "%.0f", value);
    int length = print_shortest(out, value);
    if (length > 0)
        return length;
    /* 17 digits always read back; most values need fewer */
    for (int digits = 1; digits <= 17; digits += digits < 15 ? 2 : 1) {
        int n = print_digits(out, digits, value);
        double back;
        if (digits == 17 || (fw_text_to_double((struct fw_text){out, (size_t)n}, &back) && back == value))
            return n;
    }
    return 0;
}

char *fw_text_bytes(char out[32], double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    int u = 0;
    while (bytes >= 1024 && u < 4) {
        bytes /= 1024;
        u++;
    }
    snprintf(out, 32, u == 0 ? "%.0f %s" : bytes < 100 ? "%.1f %s" : "%.0f %s", bytes, units[u]);
    return out;
}

char *fw_text_count(char out[32], int64_t count)
{
    char digits[32];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)count);
    int to = 0;
    for (int i = 0; i < n && to < 30; i++) {
        out[to++] = digits[i];
        int left = n - 1 - i;
        if (left > 0 && left % 3 == 0 && digits[i] != '-')
            out[to++] = ',';
    }
    out[to] = '\0';
    return out;
}

char *fw_text_duration(char out[32], double seconds)
{
    if (seconds < 0.0995)
        snprintf(out, 32, "%.0f ms", 1000 * seconds);
    else if (seconds < 9.95)
        snprintf(out, 32, "%.2f s", seconds);
    else if (seconds < 60)
        snprintf(out, 32, "%.0f s", seconds);
    else if (seconds < 3600)
        snprintf(out, 32, "%d min %02d s", (int)(seconds / 60), (int)fmod(seconds, 60));
    else
        snprintf(out, 32, "%.0f h %02d min", floor(seconds / 3600), (int)(fmod(seconds, 3600) / 60));
    return out;
}

/* Splits "1.5GiB" into a number and its unit. */
static bool number_and_unit(struct fw_text text, double *number, struct fw_text *unit)
{
    size_t n = text.length;
    while (n > 0 && !((text.data[n - 1] >= '0' && text.data[n - 1] <= '9') || text.data[n - 1] == '.'))
        n--;
    *unit = fw_text_trim((struct fw_text){text.data + n, text.length - n});
    return fw_text_to_double((struct fw_text){text.data, n}, number) && *number >= 0;
}

struct unit {
    const char *name;
    double factor;
};

static bool scaled(struct fw_text text, const struct unit *units, double *value)
{
    double number;
    struct fw_text name;
    if (!number_and_unit(text, &number, &name))
        return false;
    for (; units->name != NULL; units++) {
        if (fw_text_equal_ignoring_case(name, fw_text_of(units->name))) {
            *value = number * units->factor;
            return true;
        }
    }
    return false;
}

bool fw_text_to_bytes(struct fw_text text, size_t *bytes)
{
    static const struct unit units[] = {{"", 1},         {"b", 1},        {"k", 0x1p10},   {"kb", 0x1p10},
                                        {"kib", 0x1p10}, {"m", 0x1p20},   {"mb", 0x1p20},  {"mib", 0x1p20},
                                        {"g", 0x1p30},   {"gb", 0x1p30},  {"gib", 0x1p30}, {"t", 0x1p40},
                                        {"tb", 0x1p40},  {"tib", 0x1p40}, {NULL, 0}};
    double value;
    if (!scaled(text, units, &value) || value >= 0x1p62)
        return false;
    *bytes = (size_t)value;
    return true;
}

bool fw_text_to_seconds(struct fw_text text, double *seconds)
{
    static const struct unit units[] = {{"", 1},     {"s", 1},    {"sec", 1},   {"ms", 1e-3}, {"m", 60},
                                        {"min", 60}, {"h", 3600}, {"d", 86400}, {NULL, 0}};
    return scaled(text, units, seconds);
}
