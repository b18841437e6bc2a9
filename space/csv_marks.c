#include "space/csv_marks.h"

#if defined(__AVX2__)
#    include <immintrin.h>
#endif

void fw_csv_marks_ref(uint64_t *restrict marks, const char *restrict text, int64_t n_words, char delimiter, char quote)
{
    for (int64_t w = 0; w < n_words; w++) {
        uint64_t word = 0;
        for (int i = 0; i < 64; i++) {
            char c = text[64 * w + i];
            word |= (uint64_t)(c == delimiter || c == quote || c == '\n' || c == '\0') << i;
        }
        marks[w] = word;
    }
}

#if defined(__AVX2__)

static inline uint64_t marks_of_32(const char *text, __m256i delimiter, __m256i quote, __m256i newline)
{
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)text);
    __m256i of_row = _mm256_or_si256(_mm256_cmpeq_epi8(bytes, delimiter), _mm256_cmpeq_epi8(bytes, newline));
    __m256i of_cell =
        _mm256_or_si256(_mm256_cmpeq_epi8(bytes, quote), _mm256_cmpeq_epi8(bytes, _mm256_setzero_si256()));
    return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(of_row, of_cell));
}

/* 32 bytes are compared with each of the four characters at a time; movemask packs the outcome into bits. */
void fw_csv_marks(uint64_t *restrict marks, const char *restrict text, int64_t n_words, char delimiter, char quote)
{
    const __m256i delimiters = _mm256_set1_epi8(delimiter);
    const __m256i quotes = _mm256_set1_epi8(quote);
    const __m256i newlines = _mm256_set1_epi8('\n');
    for (int64_t w = 0; w < n_words; w++) {
        uint64_t low = marks_of_32(text + 64 * w, delimiters, quotes, newlines);
        uint64_t high = marks_of_32(text + 64 * w + 32, delimiters, quotes, newlines);
        marks[w] = low | high << 32;
    }
}

#else

void fw_csv_marks(uint64_t *restrict marks, const char *restrict text, int64_t n_words, char delimiter, char quote)
{
    fw_csv_marks_ref(marks, text, n_words, delimiter, quote);
}

#endif
