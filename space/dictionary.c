#include "space/dictionary.h"

#include <string.h>
#include <sys/random.h>

#include "core/hash.h"

/* 16 bytes, so that four share a cache line. A short text (1 to 8 bytes) is its own key, padded with zeros; a longer
 * one has its hash as key and is compared in the heap. */
struct slot {
    uint64_t key;
    uint32_t code;
    uint32_t tag; /* 0: empty slot; 1..8: length of a short text; LONG_TEXT + low bits of the length otherwise */
};

#define LONG_TEXT   UINT32_C(0x80000000)
#define FIRST_SLOTS 8

struct fw_dictionary {
    struct fw_allocator *mem;
    struct slot *slots;
    uint64_t mask;    /* slots - 1; slots are a power of two */
    int64_t n_slots;  /* taken, aliases of "missing" included */
    int64_t size;     /* codes, 0 included */
    uint64_t *starts; /* (size + 1): text of code c is heap[starts[c] .. starts[c + 1]) */
    int64_t starts_capacity;
    uint64_t *lines; /* (size) */
    int64_t lines_capacity;
    char *heap;
    int64_t heap_capacity;
    uint64_t secret[2];
};

enum fw_status fw_missing_set_init(struct fw_missing_set *set, const char *const *more, int64_t n, struct fw_error *err)
{
    static const char *const usual[] = {"?", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "\\N"};
    const int64_t n_usual = sizeof usual / sizeof usual[0];
    memset(set, 0, sizeof *set);
    if (n > 50)
        return fw_error_set(err, FW_E_ARG, "%lld texts for missing values; at most 50 are allowed", (long long)n);
    for (int64_t i = 0; i < n_usual + n; i++) {
        struct fw_text text = fw_text_of(i < n_usual ? usual[i] : more[i - n_usual]);
        if (text.length == 0)
            continue;
        set->texts[set->n++] = text;
        set->first[(unsigned char)text.data[0]] = true;
    }
    return FW_OK;
}

bool fw_missing_set_has(const struct fw_missing_set *set, struct fw_text text)
{
    if (text.length == 0)
        return true;
    if (!set->first[(unsigned char)text.data[0]])
        return false;
    for (int64_t i = 0; i < set->n; i++) {
        if (fw_text_equal(set->texts[i], text))
            return true;
    }
    return false;
}

enum fw_status fw_dictionary_create(struct fw_dictionary **out, struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_dictionary *dictionary;
    FW_ALLOC(dictionary, mem, 1, "a dictionary", err);
    dictionary->mem = mem;
    dictionary->slots = fw_alloc_array(mem, FIRST_SLOTS, sizeof *dictionary->slots);
    dictionary->starts = fw_alloc_array(mem, FIRST_SLOTS, sizeof *dictionary->starts);
    dictionary->lines = fw_alloc_array(mem, FIRST_SLOTS, sizeof *dictionary->lines);
    if (dictionary->slots == NULL || dictionary->starts == NULL || dictionary->lines == NULL) {
        fw_dictionary_destroy(dictionary);
        return fw_error_nomem(err, mem, "a dictionary", FIRST_SLOTS, sizeof *dictionary->slots);
    }
    dictionary->mask = FIRST_SLOTS - 1;
    dictionary->starts_capacity = dictionary->lines_capacity = FIRST_SLOTS;
    dictionary->size = 1;
    /* without entropy (an old kernel, early boot) the address is what is left: a weaker shield, the same results */
    if (getrandom(dictionary->secret, sizeof dictionary->secret, GRND_NONBLOCK) != sizeof dictionary->secret)
        dictionary->secret[0] = dictionary->secret[1] = fw_hash_u64((uint64_t)(uintptr_t)dictionary);
    dictionary->secret[1] |= 1;
    *out = dictionary;
    return FW_OK;
}

void fw_dictionary_destroy(struct fw_dictionary *dictionary)
{
    if (dictionary == NULL)
        return;
    fw_free(dictionary->mem, dictionary->heap);
    fw_free(dictionary->mem, dictionary->lines);
    fw_free(dictionary->mem, dictionary->starts);
    fw_free(dictionary->mem, dictionary->slots);
    fw_free(dictionary->mem, dictionary);
}

int64_t fw_dictionary_size(const struct fw_dictionary *dictionary)
{
    return dictionary->size;
}

size_t fw_dictionary_bytes(const struct fw_dictionary *d)
{
    return sizeof *d + (d->mask + 1) * sizeof *d->slots + (size_t)d->starts_capacity * sizeof *d->starts +
           (size_t)d->lines_capacity * sizeof *d->lines + (size_t)d->heap_capacity;
}

struct fw_text fw_dictionary_text(const struct fw_dictionary *dictionary, uint32_t code)
{
    uint64_t start = dictionary->starts[code];
    if (dictionary->heap == NULL)
        return (struct fw_text){"", 0};
    return (struct fw_text){dictionary->heap + start, dictionary->starts[code + 1] - start};
}

uint64_t fw_dictionary_line(const struct fw_dictionary *dictionary, uint32_t code)
{
    return dictionary->lines[code];
}

static inline uint64_t load_u32(const char *from)
{
    uint32_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline uint64_t load_u64(const char *from)
{
    uint64_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

/* 1 to 8 bytes as a number padded with zeros, without reading beyond them: overlapping loads agree where they meet. */
static inline uint64_t short_key(const char *data, size_t length)
{
    if (length >= 4)
        return load_u32(data) | load_u32(data + length - 4) << (8 * (length - 4));
    size_t middle = length >> 1;
    return (uint64_t)(unsigned char)data[0] | (uint64_t)(unsigned char)data[middle] << (8 * middle) |
           (uint64_t)(unsigned char)data[length - 1] << (8 * (length - 1));
}

/* The folded 128-bit product of wyhash and XXH3's short inputs: with both factors secret, colliding keys cannot be
 * chosen in advance. */
static inline uint64_t folded_product(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* What a text is looked up by. */
struct probe {
    uint64_t key;
    uint64_t hash;
    uint32_t tag;
};

/* text.length > 0 */
static inline struct probe probe_of(const struct fw_dictionary *dictionary, struct fw_text text)
{
    struct probe probe;
    if (text.length <= 8) {
        probe.key = short_key(text.data, text.length);
        probe.tag = (uint32_t)text.length;
        probe.hash = folded_product(probe.key ^ dictionary->secret[0], dictionary->secret[1]);
    } else if (text.length <= 16) {
        uint64_t head = load_u64(text.data);
        uint64_t tail = load_u64(text.data + text.length - 8);
        probe.key = folded_product(folded_product(head ^ dictionary->secret[0], dictionary->secret[1]) ^ tail,
                                   dictionary->secret[1] + text.length * 2);
        probe.tag = LONG_TEXT | (uint32_t)text.length;
        probe.hash = probe.key;
    } else {
        probe.key = fw_hash_bytes(text.data, text.length, dictionary->secret[0]);
        probe.tag = LONG_TEXT | (uint32_t)text.length;
        probe.hash = probe.key;
    }
    return probe;
}

static inline bool same_long_text(const struct fw_dictionary *dictionary, uint32_t code, struct fw_text text)
{
    uint64_t start = dictionary->starts[code];
    return dictionary->starts[code + 1] - start == text.length &&
           memcmp(dictionary->heap + start, text.data, text.length) == 0;
}

/* The slot that holds the text, or the empty one where it belongs. */
static inline uint64_t seek(const struct fw_dictionary *dictionary, const struct probe *probe, struct fw_text text)
{
    uint64_t at = probe->hash & dictionary->mask;
    for (;; at = (at + 1) & dictionary->mask) {
        const struct slot *slot = &dictionary->slots[at];
        if (slot->tag == 0)
            return at;
        if (slot->key == probe->key && slot->tag == probe->tag &&
            (probe->tag < LONG_TEXT || same_long_text(dictionary, slot->code, text)))
            return at;
    }
}

uint32_t fw_dictionary_find(const struct fw_dictionary *dictionary, struct fw_text text)
{
    if (text.length == 0)
        return 0;
    struct probe probe = probe_of(dictionary, text);
    const struct slot *slot = &dictionary->slots[seek(dictionary, &probe, text)];
    /* code 0 in a slot is an alias of "missing" seen while reading; it is no text of the dictionary */
    return slot->tag == 0 || slot->code == 0 ? FW_DICTIONARY_NONE : slot->code;
}

/* Twice the slots. Hashes come from the slots themselves, the heap is not touched. Slots are cleared by writing: pages
 * that calloc leaves to the first touch would be met by a read first and cost two faults each, the second of which
 * interrupts all other threads (a fifth of the time of reading a click log on two threads). */
static enum fw_status grow_slots(struct fw_dictionary *dictionary, struct fw_error *err)
{
    int64_t count = (int64_t)(dictionary->mask + 1) * 2;
    uint64_t mask = (uint64_t)count - 1;
    struct slot *slots = fw_alloc_array_raw(dictionary->mem, count, sizeof *slots);
    if (slots == NULL)
        return fw_error_nomem(err, dictionary->mem, "a dictionary", count, sizeof *slots);
    memset(slots, 0, (size_t)count * sizeof *slots);
    for (uint64_t i = 0; i <= dictionary->mask; i++) {
        const struct slot *slot = &dictionary->slots[i];
        if (slot->tag == 0)
            continue;
        uint64_t hash = slot->tag < LONG_TEXT ? folded_product(slot->key ^ dictionary->secret[0], dictionary->secret[1])
                                              : slot->key;
        uint64_t at = hash & mask;
        while (slots[at].tag != 0)
            at = (at + 1) & mask;
        slots[at] = *slot;
    }
    fw_free(dictionary->mem, dictionary->slots);
    dictionary->slots = slots;
    dictionary->mask = mask;
    return FW_OK;
}

/* Slots are at most two thirds taken, so that a miss ends after a few. */
static inline bool is_full(const struct fw_dictionary *dictionary)
{
    return (dictionary->n_slots + 1) * 3 > (int64_t)(dictionary->mask + 1) * 2;
}

/* Appends the text and its line; slots have room. */
static enum fw_status append_text(struct fw_dictionary *d, struct fw_text text, uint64_t line, struct fw_error *err)
{
    if (d->size >= (int64_t)FW_DICTIONARY_NONE - 1)
        return fw_error_set(err, FW_E_INPUT, "a column has more than %lld distinct values; leave it out",
                            (long long)FW_DICTIONARY_NONE - 2);
    uint64_t start = d->starts[d->size];
    FW_TRY(fw_reserve(d->mem, &d->starts, &d->starts_capacity, d->size + 2, sizeof *d->starts, err));
    FW_TRY(fw_reserve(d->mem, &d->lines, &d->lines_capacity, d->size + 1, sizeof *d->lines, err));
    FW_TRY(fw_reserve(d->mem, &d->heap, &d->heap_capacity, (int64_t)(start + text.length), 1, err));
    memcpy(d->heap + start, text.data, text.length);
    d->lines[d->size] = line;
    d->starts[d->size + 1] = start + text.length;
    d->size++;
    return FW_OK;
}

enum fw_status fw_dictionary_add(uint32_t *code_out, struct fw_dictionary *dictionary, struct fw_text text,
                                 uint64_t line, struct fw_error *err)
{
    if (text.length == 0) {
        *code_out = 0;
        return FW_OK;
    }
    if (is_full(dictionary))
        FW_TRY(grow_slots(dictionary, err));
    struct probe probe = probe_of(dictionary, text);
    struct slot *slot = &dictionary->slots[seek(dictionary, &probe, text)];
    if (slot->tag == 0) {
        FW_TRY(append_text(dictionary, text, line, err));
        *slot = (struct slot){probe.key, (uint32_t)(dictionary->size - 1), probe.tag};
        dictionary->n_slots++;
    } else if (slot->code == 0) {
        FW_TRY(append_text(dictionary, text, line, err));
        slot->code = (uint32_t)(dictionary->size - 1);
    }
    *code_out = slot->code;
    return FW_OK;
}

/* The text was not found: adds it, unless it means "missing". A short marker takes a slot with code 0, so that it is
 * found as fast as any value the next time. */
static enum fw_status add_new(struct fw_dictionary *dictionary, struct slot *slot, const struct probe *probe,
                              struct fw_text text, int64_t line, const struct fw_missing_set *missing,
                              struct fw_error *err)
{
    bool is_missing = fw_missing_set_has(missing, text);
    if (is_missing && probe->tag >= LONG_TEXT)
        return FW_OK;
    if (!is_missing)
        FW_TRY(append_text(dictionary, text, (uint64_t)line, err));
    *slot = (struct slot){probe->key, is_missing ? 0 : (uint32_t)(dictionary->size - 1), probe->tag};
    dictionary->n_slots++;
    return FW_OK;
}

/* Two passes: hashes first, so that the slots of a whole batch are on their way from memory while the probes wait. */
enum fw_status fw_dictionary_add_many(uint32_t *codes, struct fw_dictionary *dictionary, const struct fw_text *texts,
                                      int64_t n, const uint32_t *line_offsets, int64_t first_line,
                                      const struct fw_missing_set *missing, struct fw_error *err)
{
    struct probe probes[FW_DICTIONARY_BATCH];
    for (int64_t i = 0; i < n; i++) {
        if (texts[i].length == 0)
            continue;
        probes[i] = probe_of(dictionary, texts[i]);
        __builtin_prefetch(&dictionary->slots[probes[i].hash & dictionary->mask]);
    }
    for (int64_t i = 0; i < n; i++) {
        codes[i] = 0;
        if (texts[i].length == 0)
            continue;
        uint64_t at = seek(dictionary, &probes[i], texts[i]);
        if (dictionary->slots[at].tag == 0) {
            if (is_full(dictionary)) {
                FW_TRY(grow_slots(dictionary, err));
                at = seek(dictionary, &probes[i], texts[i]);
            }
            FW_TRY(add_new(dictionary, &dictionary->slots[at], &probes[i], texts[i], first_line + line_offsets[i],
                           missing, err));
        }
        codes[i] = dictionary->slots[at].code;
    }
    return FW_OK;
}

/* A block of exactly `count`; keeps the larger one when the smaller is refused. */
static void shrink(struct fw_allocator *mem, void *block_address, int64_t *capacity, int64_t count, size_t size)
{
    void *block;
    memcpy(&block, block_address, sizeof block);
    if (block == NULL || count >= *capacity)
        return;
    void *smaller = fw_realloc_array(mem, block, count, size);
    if (smaller == NULL)
        return;
    memcpy(block_address, &smaller, sizeof smaller);
    *capacity = count;
}

void fw_dictionary_shrink(struct fw_dictionary *d)
{
    shrink(d->mem, &d->starts, &d->starts_capacity, d->size + 1, sizeof *d->starts);
    shrink(d->mem, &d->lines, &d->lines_capacity, d->size, sizeof *d->lines);
    shrink(d->mem, &d->heap, &d->heap_capacity, (int64_t)d->starts[d->size], 1);
}
