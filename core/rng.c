#include "core/rng.h"

#include <math.h>

/* The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that mixes every input bit into every output bit.
 */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

uint64_t fw_stream(uint64_t trial, uint64_t fold, enum fw_stream_purpose purpose)
{
    return mix(mix(mix((uint64_t)purpose + GOLDEN) ^ (fold + GOLDEN)) ^ (trial + GOLDEN));
}

uint64_t fw_rng_at(uint64_t seed, uint64_t stream, uint64_t index)
{
    return mix(mix(mix(seed + GOLDEN) ^ stream) + (index + 1) * GOLDEN);
}

double fw_rng_uniform_at(uint64_t seed, uint64_t stream, uint64_t index)
{
    return (double)(fw_rng_at(seed, stream, index) >> 11) * 0x1p-53;
}

void fw_rng_seed(struct fw_rng *rng, uint64_t seed, uint64_t stream)
{
    for (uint64_t i = 0; i < 4; i++)
        rng->state[i] = fw_rng_at(seed, stream, i);
    /* the all-zero state is the one fixed point of the generator */
    if ((rng->state[0] | rng->state[1] | rng->state[2] | rng->state[3]) == 0)
        rng->state[0] = GOLDEN;
}

static uint64_t rotate(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t fw_rng_next(struct fw_rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t fw_rng_below(struct fw_rng *rng, uint64_t bound)
{
    uint64_t unfair = -bound % bound; /* 2^64 mod bound: values below it would be drawn once too often */
    for (;;) {
        uint64_t x = fw_rng_next(rng);
        if (x >= unfair)
            return x % bound;
    }
}

double fw_rng_uniform(struct fw_rng *rng)
{
    return (double)(fw_rng_next(rng) >> 11) * 0x1p-53;
}

double fw_rng_normal(struct fw_rng *rng)
{
    for (;;) {
        double u = 2 * fw_rng_uniform(rng) - 1;
        double v = 2 * fw_rng_uniform(rng) - 1;
        double s = u * u + v * v;
        if (s > 0 && s < 1)
            return u * sqrt(-2 * log(s) / s);
    }
}
