/* Random numbers: named streams, never a global, never the clock.
 *
 * Two forms. `fw_rng_at(seed, stream, index)` is a pure function (counter-based): the number that belongs to a row or a
 * cell, the same whoever asks and in whatever order, hence for any number of threads. `struct fw_rng` is a sequential
 * xoshiro256** for the places where one owner draws many numbers; its stream is named by what it serves:
 *
 *     struct fw_rng rng;
 *     fw_rng_seed(&rng, seed, fw_stream(trial, fold, FW_STREAM_SHUFFLE));
 *
 * A generator belongs to one thread at a time. */
#ifndef FW_CORE_RNG_H
#define FW_CORE_RNG_H

#include <stdint.h>

/* What a stream of random numbers is for; part of its name. Never renumber: results depend on the values. */
enum fw_stream_purpose {
    FW_STREAM_SPLIT = 1,      /* which rows go to which fold */
    FW_STREAM_ORDER = 2,      /* the order of rows in a data set */
    FW_STREAM_SHUFFLE = 3,    /* the order of batches in training */
    FW_STREAM_INIT = 4,       /* first values of parameters */
    FW_STREAM_SYNTH = 5,      /* generated tables */
    FW_STREAM_SEARCH = 6,     /* a driver's proposals */
    FW_STREAM_TEST = 7,       /* tests and benchmarks */
    FW_STREAM_DROPOUT = 8,    /* what a step drops */
    FW_STREAM_SAMPLE = 9,     /* draws of probabilistic embeddings */
    FW_STREAM_NEGATIVES = 10, /* items that were not taken */
    FW_STREAM_GATES = 11      /* which connections a step has open */
};

struct fw_rng {
    uint64_t state[4];
};

/* A stream's name from what it serves. */
uint64_t fw_stream(uint64_t trial, uint64_t fold, enum fw_stream_purpose purpose);

/* Starts a sequential generator; the same (seed, stream) gives the same sequence on every machine. */
void fw_rng_seed(struct fw_rng *rng, uint64_t seed, uint64_t stream);

/* Next 64 random bits (xoshiro256**, Blackman and Vigna 2018). */
uint64_t fw_rng_next(struct fw_rng *rng);

/* Uniform integer in [0, bound), without bias (rejection); bound > 0. */
uint64_t fw_rng_below(struct fw_rng *rng, uint64_t bound);

/* Uniform in [0, 1) with 53 bits. */
double fw_rng_uniform(struct fw_rng *rng);

/* Standard normal (Marsaglia polar method, one of the pair is dropped so that the state stays four words). */
double fw_rng_normal(struct fw_rng *rng);

/* The 64 bits that belong to (seed, stream, index): a stateless generator, safe from any thread. */
uint64_t fw_rng_at(uint64_t seed, uint64_t stream, uint64_t index);

/* The same as a uniform in [0, 1). */
double fw_rng_uniform_at(uint64_t seed, uint64_t stream, uint64_t index);

#endif
