/* The speed of reading tables, on text shaped like UCI Adult and like the Criteo click log, and on adult.data itself
 * where it is at hand (FIELDWISE_DATA names the folder of data sets, ../shared/data otherwise). Beside each stands what
 * `wc -l` would do with the same bytes: counting newlines.
 *
 *     bench_reader [size]        text bytes a case, "128MB" by default
 *
 * Prints CSV: name,size,threads,min_ns,median_ns,runs,commit,mb_per_s,of_counting. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/rng.h"
#include "core/text.h"
#include "space/table.h"

enum { RUNS = 7 };

struct text {
    char *data;
    size_t size;
};

static const char *pick(struct fw_rng *rng, const char *const *names, uint64_t n)
{
    /* the first names are much commoner, as in real columns */
    double u = fw_rng_uniform(rng);
    return names[(uint64_t)((double)n * u * u)];
}

static int write_adult_row(char *out, struct fw_rng *rng)
{
    static const char *const work[] = {"Private", "Self-emp-not-inc", "Local-gov", "?", "State-gov", "Self-emp-inc"};
    static const char *const school[] = {"HS-grad", "Some-college", "Bachelors", "Masters", "Assoc-voc", "11th"};
    static const char *const married[] = {"Married-civ-spouse", "Never-married", "Divorced", "Separated", "Widowed"};
    static const char *const job[] = {"Prof-specialty", "Craft-repair",      "Exec-managerial", "Adm-clerical",
                                      "Sales",          "Machine-op-inspct", "Transport-moving"};
    static const char *const family[] = {"Husband", "Not-in-family", "Own-child", "Unmarried", "Wife"};
    static const char *const race[] = {"White", "Black", "Asian-Pac-Islander", "Amer-Indian-Eskimo"};
    static const char *const land[] = {"United-States", "Mexico", "?", "Philippines", "Germany"};
    return sprintf(out, "%d, %s, %d, %s, %d, %s, %s, %s, %s, %s, %d, %d, %d, %s, %s\n", 17 + (int)fw_rng_below(rng, 73),
                   pick(rng, work, 6), 12285 + (int)fw_rng_below(rng, 300000), pick(rng, school, 6),
                   1 + (int)fw_rng_below(rng, 16), pick(rng, married, 5), pick(rng, job, 7), pick(rng, family, 5),
                   pick(rng, race, 4), fw_rng_below(rng, 3) ? "Male" : "Female",
                   fw_rng_below(rng, 12) ? 0 : (int)fw_rng_below(rng, 99999),
                   fw_rng_below(rng, 20) ? 0 : (int)fw_rng_below(rng, 4356), 20 + (int)fw_rng_below(rng, 40),
                   pick(rng, land, 5), fw_rng_below(rng, 4) ? "<=50K" : ">50K");
}

static int write_criteo_row(char *out, struct fw_rng *rng)
{
    /* distinct values of the categorical columns in the public seven-day log */
    static const double distinct[26] = {1460,  583,  10131227, 2202608, 305, 24,     12517,   633,   3,
                                        93145, 5683, 8351593,  3194,    27,  14992,  5461306, 10,    5652,
                                        2173,  4,    7046547,  18,      15,  286181, 105,     142572};
    int n = sprintf(out, "%d", fw_rng_below(rng, 4) == 0);
    for (int c = 0; c < 13; c++) {
        out[n++] = '\t';
        double u = fw_rng_uniform(rng);
        if (fw_rng_below(rng, 5) != 0)
            n += sprintf(out + n, "%d", (int)(20000 * u * u * u * u * u));
    }
    for (int c = 0; c < 26; c++) {
        out[n++] = '\t';
        double u = fw_rng_uniform(rng);
        uint64_t id = (uint64_t)(distinct[c] * u * u * u * u);
        if (fw_rng_below(rng, 12) != 0)
            n += sprintf(out + n, "%08x", (unsigned)fw_rng_at(7, (uint64_t)c, id));
    }
    out[n++] = '\n';
    return n;
}

static struct text make_text(int (*write_row)(char *, struct fw_rng *), size_t size)
{
    struct text text = {malloc(size + 1024), 0};
    struct fw_rng rng;
    fw_rng_seed(&rng, 1, fw_stream(0, 0, FW_STREAM_TEST));
    while (text.data != NULL && text.size < size)
        text.size += (size_t)write_row(text.data + text.size, &rng);
    return text;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double time_counting(const struct text *text)
{
    double start = fw_clock_seconds();
    volatile int64_t lines = 0;
    const char *end = text->data + text->size;
    for (const char *at = text->data; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        lines++;
    return fw_clock_seconds() - start;
}

static double time_reading(const struct text *text, int threads)
{
    struct fw_table_options options;
    fw_table_options_init(&options);
    options.threads = threads;
    struct fw_table *table;
    struct fw_error err;
    double start = fw_clock_seconds();
    if (fw_table_parse(&table, "bench", text->data, text->size, &options, NULL, &err) != FW_OK) {
        fprintf(stderr, "bench_reader: %s\n", err.message);
        exit(EXIT_FAILURE);
    }
    double seconds = fw_clock_seconds() - start;
    fw_table_destroy(table);
    return seconds;
}

/* Small texts are read often enough for a clock to see; threads 0: count newlines. */
static void measure(const char *name, const struct text *text, int threads)
{
    const char *commit = getenv("FIELDWISE_COMMIT");
    double seconds[RUNS], counting[RUNS];
    int repeats = 1;
    while (threads == 0 ? false : repeats < 64 && (double)repeats * (double)text->size < 32e6)
        repeats *= 2;
    for (int run = 0; run < RUNS; run++) {
        seconds[run] = counting[run] = 0;
        for (int i = 0; i < repeats; i++) {
            counting[run] += time_counting(text) / repeats;
            seconds[run] += (threads == 0 ? time_counting(text) : time_reading(text, threads)) / repeats;
        }
    }
    qsort(seconds, RUNS, sizeof seconds[0], by_value);
    qsort(counting, RUNS, sizeof counting[0], by_value);
    printf("reader/%s,%zu,%d,%.0f,%.0f,%d,%s,%.0f,%.1f\n", name, text->size, threads, 1e9 * seconds[0],
           1e9 * seconds[RUNS / 2], RUNS, commit != NULL ? commit : "-", (double)text->size / 1e6 / seconds[0],
           seconds[0] / counting[0]);
    fflush(stdout);
}

static void measure_all(const char *name, const struct text *text)
{
    char counting[64];
    snprintf(counting, sizeof counting, "%s/newlines", name);
    measure(counting, text, 0);
    measure(name, text, 1);
    measure(name, text, 2);
}

int main(int argc, char **argv)
{
    size_t size = 128 * FW_MIB;
    if (argc > 1 && strcmp(argv[1], "--smoke") == 0)
        size = 8 * FW_MIB;
    else if (argc > 1 && !fw_text_to_bytes(fw_text_of(argv[1]), &size)) {
        fprintf(stderr, "bench_reader: '%s' is no size; try 64MB\n", argv[1]);
        return EXIT_FAILURE;
    }
    printf("name,size,threads,min_ns,median_ns,runs,commit,mb_per_s,of_counting\n");
    struct text adult = make_text(write_adult_row, size);
    struct text criteo = make_text(write_criteo_row, size);
    if (adult.data == NULL || criteo.data == NULL) {
        fprintf(stderr, "bench_reader: out of memory\n");
        return EXIT_FAILURE;
    }
    measure_all("adult_shaped", &adult);
    measure_all("criteo_shaped", &criteo);
    free(criteo.data);
    free(adult.data);

    const char *folder = getenv("FIELDWISE_DATA");
    char path[4096];
    snprintf(path, sizeof path, "%s/adult/adult.data", folder != NULL ? folder : "../shared/data");
    struct text real;
    if (fw_file_read(&real.data, &real.size, path, FW_GIB, NULL, NULL) == FW_OK) {
        measure_all("adult.data", &real);
        fw_free(NULL, real.data);
    }
    return EXIT_SUCCESS;
}
