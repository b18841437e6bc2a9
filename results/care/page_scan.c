#include "results/care/page_scan.h"

#include <assert.h>
#include <string.h>

/* The first byte of a page of a b-tree. */
enum { INDEX_INTERIOR = 2, TABLE_INTERIOR = 5, INDEX_LEAF = 10, TABLE_LEAF = 13 };

/* Who owns a page; from FIRST_TABLE on, the number of a table. */
enum { UNKNOWN, FREE, OTHER, FIRST_TABLE };
#define MAX_TABLES 16

struct file {
    const unsigned char *data;
    uint32_t n_pages;
    uint32_t page_size, usable;
    struct fw_allocator *mem;
    unsigned char *owners; /* (n_pages + 1) of page 1, 2, ... */
    uint32_t *stack;       /* (n_pages + 1) pages still to be visited */
    char tables[MAX_TABLES][64];
    int n_tables;
    char *payload; /* of a record that goes on on other pages */
    int64_t capacity;
};

static uint32_t read_16(const unsigned char *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t read_32(const unsigned char *at)
{
    return read_16(at) << 16 | read_16(at + 2);
}

/* A number of one to nine bytes; returns how many, 0: it does not end before `end`. */
static size_t read_varint(uint64_t *out, const unsigned char *at, const unsigned char *end)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 9 && at + i < end; i++) {
        if (i == 8) {
            *out = value << 8 | at[i];
            return 9;
        }
        value = value << 7 | (at[i] & 0x7f);
        if ((at[i] & 0x80) == 0) {
            *out = value;
            return i + 1;
        }
    }
    return 0;
}

static const unsigned char *page_of(const struct file *file, uint32_t number)
{
    return file->data + (size_t)(number - 1) * file->page_size;
}

/* Where the header of a b-tree page begins: page 1 begins with that of the file. */
static uint32_t header_of(uint32_t number)
{
    return number == 1 ? 100 : 0;
}

static bool is_interior(int type)
{
    return type == INDEX_INTERIOR || type == TABLE_INTERIOR;
}

/* The size of the pages: what the header says if that can be, else what our stores have. */
static void read_header(struct file *file, size_t size)
{
    uint32_t page_size = size >= 100 ? read_16(file->data + 16) : 0;
    page_size = page_size == 1 ? 65536 : page_size;
    bool possible = page_size >= 512 && (page_size & (page_size - 1)) == 0 && size % page_size == 0;
    file->page_size = possible ? page_size : 4096;
    uint32_t reserved = size >= 100 ? file->data[20] : 0;
    file->usable = file->page_size - (possible && reserved <= 32 ? reserved : 0);
    size_t n = size / file->page_size;
    file->n_pages = n < UINT32_MAX - 1 ? (uint32_t)n : UINT32_MAX - 1;
}

/* Gives a page to an owner unless it has one; false: it has, or there is no such page. */
static bool claim(struct file *file, uint32_t number, unsigned char owner)
{
    if (number < 1 || number > file->n_pages || file->owners[number] != UNKNOWN)
        return false;
    file->owners[number] = owner;
    return true;
}

/* The overflow pages of a record belong to whom the record belongs to, but hold no records. */
static const unsigned char *gather(struct file *file, const unsigned char *local, size_t n_local, size_t length,
                                   uint32_t next)
{
    if (fw_reserve(file->mem, &file->payload, &file->capacity, (int64_t)length, 1, NULL) != FW_OK)
        return NULL;
    memcpy(file->payload, local, n_local);
    size_t done = n_local;
    while (done < length) {
        if (next < 1 || next > file->n_pages)
            return NULL;
        const unsigned char *page = page_of(file, next);
        size_t part = length - done < file->usable - 4 ? length - done : file->usable - 4;
        memcpy(file->payload + done, page + 4, part);
        done += part;
        next = read_32(page);
    }
    return (const unsigned char *)file->payload;
}

/* The payload of a cell that begins at `at` with its length; NULL: it cannot be. */
static const unsigned char *payload_of(struct file *file, const unsigned char *at, const unsigned char *end,
                                       size_t length, bool table)
{
    size_t usable = file->usable;
    size_t most = table ? usable - 35 : (usable - 12) * 64 / 255 - 23;
    if (length <= most)
        return (size_t)(end - at) >= length ? at : NULL;
    if (length > (size_t)file->n_pages * file->page_size)
        return NULL;
    size_t least = (usable - 12) * 32 / 255 - 23;
    size_t local = least + (length - least) % (usable - 4);
    local = local <= most ? local : least;
    if ((size_t)(end - at) < local + 4)
        return NULL;
    return gather(file, at, local, length, read_32(at + local));
}

/* One value of a record by its type; false: there is no such type. `at` has `length_of` bytes. */
static bool read_value(struct fw_page_value *out, uint64_t type, const unsigned char *at)
{
    static const int sizes[] = {0, 1, 2, 3, 4, 6, 8};
    *out = (struct fw_page_value){.type = FW_PAGE_INT};
    if (type == 0) {
        out->type = FW_PAGE_NULL;
    } else if (type <= 6) {
        uint64_t value = at[0] & 0x80 ? UINT64_MAX : 0;
        for (int i = 0; i < sizes[type]; i++)
            value = value << 8 | at[i];
        out->integer = (int64_t)value;
    } else if (type == 7) {
        uint64_t bits = (uint64_t)read_32(at) << 32 | read_32(at + 4);
        out->type = FW_PAGE_REAL;
        memcpy(&out->real, &bits, sizeof bits);
    } else if (type <= 9) {
        out->integer = (int64_t)type - 8;
    } else if (type >= 12) {
        out->type = type % 2 == 0 ? FW_PAGE_BLOB : FW_PAGE_TEXT;
        out->bytes = (const char *)at;
        out->length = (size_t)(type - 12) / 2;
    } else {
        return false;
    }
    return true;
}

static uint64_t length_of(uint64_t type)
{
    static const uint64_t sizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
    return type < 12 ? sizes[type] : (type - 12) / 2;
}

/* Decodes a payload; false: it is no record, to the byte. */
static bool decode(struct fw_page_record *record, const unsigned char *payload, size_t length)
{
    const unsigned char *end = payload + length;
    uint64_t header;
    size_t used = read_varint(&header, payload, end);
    if (used == 0 || header > length || header < used)
        return false;
    const unsigned char *types = payload + used;
    const unsigned char *body = payload + header;
    const unsigned char *last = body;
    record->n_values = 0;
    while (types < last) {
        uint64_t type;
        used = read_varint(&type, types, last);
        if (used == 0 || record->n_values == FW_PAGE_MAX_COLUMNS || length_of(type) > (uint64_t)(end - body))
            return false;
        if (!read_value(&record->values[record->n_values++], type, body))
            return false;
        types += used;
        body += length_of(type);
    }
    return body == end;
}

/* A cell of a page as a record; false: it is none. */
static bool read_cell(struct fw_page_record *record, struct file *file, uint32_t number, int type, uint32_t offset)
{
    const unsigned char *page = page_of(file, number);
    const unsigned char *end = page + file->usable;
    const unsigned char *at = page + offset;
    if (type == INDEX_INTERIOR)
        at = end - at >= 4 ? at + 4 : end;
    uint64_t length;
    size_t used = read_varint(&length, at, end);
    if (used == 0 || length == 0)
        return false;
    at += used;
    record->is_row = type == TABLE_LEAF;
    record->rowid = 0;
    if (record->is_row) {
        uint64_t rowid;
        used = read_varint(&rowid, at, end);
        if (used == 0)
            return false;
        at += used;
        record->rowid = (int64_t)rowid;
    }
    const unsigned char *payload = payload_of(file, at, end, (size_t)length, record->is_row);
    return payload != NULL && decode(record, payload, (size_t)length);
}

/* The offset of cell i of a page; 0: it has no such cell. */
static uint32_t cell_offset(const struct file *file, uint32_t number, uint32_t i)
{
    const unsigned char *page = page_of(file, number);
    uint32_t header = header_of(number);
    uint32_t pointer = header + (is_interior(page[header]) ? 12 : 8) + 2 * i;
    if (i >= read_16(page + header + 3) || pointer + 2 > file->usable)
        return 0;
    uint32_t offset = read_16(page + pointer);
    return offset > pointer && offset < file->usable ? offset : 0;
}

static uint32_t cell_count(const struct file *file, uint32_t number)
{
    uint32_t n = read_16(page_of(file, number) + header_of(number) + 3);
    return n < file->usable / 2 ? n : file->usable / 2;
}

/* Gives the pages of a tree to an owner. */
static void walk_tree(struct file *file, uint32_t root, unsigned char owner)
{
    uint32_t n = 0;
    if (claim(file, root, owner))
        file->stack[n++] = root;
    while (n > 0) {
        uint32_t number = file->stack[--n];
        const unsigned char *page = page_of(file, number);
        uint32_t header = header_of(number);
        if (!is_interior(page[header]))
            continue;
        uint32_t cells = cell_count(file, number);
        for (uint32_t i = 0; i < cells; i++) {
            uint32_t offset = cell_offset(file, number, i);
            if (offset == 0 || offset + 4 > file->usable)
                continue;
            uint32_t child = read_32(page + offset);
            if (claim(file, child, owner))
                file->stack[n++] = child; /* each page is claimed once, so the stack has room */
        }
        uint32_t child = read_32(page + header + 8);
        if (claim(file, child, owner))
            file->stack[n++] = child;
    }
}

/* Walks the tree of a table or index named in the list of tables. */
static void walk_object(struct file *file, const struct fw_page_record *record)
{
    const struct fw_page_value *v = record->values; /* type, name, tbl_name, rootpage, sql */
    if (record->n_values != 5 || v[0].type != FW_PAGE_TEXT || v[1].type != FW_PAGE_TEXT || v[3].type != FW_PAGE_INT ||
        v[3].integer < 2 || v[3].integer > file->n_pages)
        return;
    unsigned char owner = OTHER;
    if (v[0].length == 5 && memcmp(v[0].bytes, "table", 5) == 0 && file->n_tables < MAX_TABLES &&
        v[1].length < sizeof file->tables[0]) {
        memcpy(file->tables[file->n_tables], v[1].bytes, v[1].length);
        owner = (unsigned char)(FIRST_TABLE + file->n_tables++);
    }
    walk_tree(file, (uint32_t)v[3].integer, owner);
}

static void walk_objects(struct file *file, struct fw_page_record *record)
{
    walk_tree(file, 1, OTHER);
    for (uint32_t number = 1; number <= file->n_pages; number++) {
        if (file->owners[number] != OTHER || page_of(file, number)[header_of(number)] != TABLE_LEAF)
            continue;
        uint32_t cells = cell_count(file, number);
        for (uint32_t i = 0; i < cells; i++) {
            uint32_t offset = cell_offset(file, number, i);
            if (offset != 0 && read_cell(record, file, number, TABLE_LEAF, offset))
                walk_object(file, record);
        }
    }
}

/* Marks the pages of the list of free pages; what a tree has claimed is not free, whatever the list says. */
static void walk_free_list(struct file *file)
{
    uint32_t trunk = read_32(file->data + 32);
    while (claim(file, trunk, FREE)) {
        const unsigned char *page = page_of(file, trunk);
        uint32_t n = read_32(page + 4);
        n = n < file->usable / 4 - 2 ? n : file->usable / 4 - 2;
        for (uint32_t i = 0; i < n; i++)
            (void)claim(file, read_32(page + 8 + 4 * i), FREE);
        trunk = read_32(page);
    }
}

/* The records of a page. */
static enum fw_status scan_page(struct file *file, struct fw_page_record *record, uint32_t number,
                                enum fw_status (*each)(void *, const struct fw_page_record *, struct fw_error *),
                                void *self, struct fw_error *err)
{
    int type = page_of(file, number)[header_of(number)];
    if (type != TABLE_LEAF && type != INDEX_LEAF && type != INDEX_INTERIOR)
        return FW_OK;
    unsigned char owner = file->owners[number];
    uint32_t cells = cell_count(file, number);
    for (uint32_t i = 0; i < cells; i++) {
        uint32_t offset = cell_offset(file, number, i);
        if (offset == 0 || !read_cell(record, file, number, type, offset))
            continue;
        record->reached = owner != UNKNOWN;
        record->table = owner >= FIRST_TABLE ? file->tables[owner - FIRST_TABLE] : NULL;
        FW_TRY(each(self, record, err));
    }
    return FW_OK;
}

enum fw_status fw_page_scan(const unsigned char *data, size_t size, struct fw_allocator *mem,
                            enum fw_status (*each)(void *self, const struct fw_page_record *record,
                                                   struct fw_error *err),
                            void *self, struct fw_error *err)
{
    struct fw_page_record record;
    struct file file = {.data = data, .mem = mem};
    read_header(&file, size);
    if (file.n_pages == 0)
        return FW_OK;
    enum fw_status status = FW_OK;
    FW_ALLOC_GOTO(file.owners, mem, (int64_t)file.n_pages + 1, "the pages of a store", err, done);
    FW_ALLOC_GOTO(file.stack, mem, (int64_t)file.n_pages + 1, "the pages of a store", err, done);
    walk_objects(&file, &record);
    walk_free_list(&file);
    for (int reached = 1; reached >= 0; reached--) {
        for (uint32_t number = 1; number <= file.n_pages; number++) {
            unsigned char owner = file.owners[number];
            if (reached ? owner >= FIRST_TABLE : owner == UNKNOWN)
                FW_TRY_GOTO(scan_page(&file, &record, number, each, self, err), done);
        }
    }
done:
    fw_free(mem, file.payload);
    fw_free(mem, file.stack);
    fw_free(mem, file.owners);
    return status;
}
