/* Random bits in a row of activations: a short sequence that begins at a named number (core/rng.h), cheap enough for
 * the innermost loops. */
#ifndef FW_MODELS_ENGINE_DRAW_H
#define FW_MODELS_ENGINE_DRAW_H

#include <stdint.h>

/* The next 64 bits (splitmix64, Steele, Lea and Flood 2014). */
static inline uint64_t fw_draw_bits(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

#endif
