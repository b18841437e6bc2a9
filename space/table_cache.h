/* A table as a binary file beside its text, so that a second run starts at once. It can never be stale: its name and
 * head hold the XXH3 of the text file's bytes, of every reading option that matters and of the format version, and the
 * text is hashed anew at each use (several GB/s). Each section carries a checksum; a damaged cache is ignored and
 * rewritten. */
#ifndef FW_SPACE_TABLE_CACHE_H
#define FW_SPACE_TABLE_CACHE_H

#include "space/table.h"

/* As fw_table_read, through the cache: loads `<folder>/<name>.<key>.fwcache` when it fits, else reads the text and
 * writes the cache. folder NULL: the data's own. Standard input is never cached; a folder that cannot be written only
 * costs the speed. *hit_out (may be NULL) tells whether the cache was used. */
FW_NODISCARD
enum fw_status fw_table_read_cached(struct fw_table **out, bool *hit_out, const char *path, const char *folder,
                                    const struct fw_table_options *options, struct fw_allocator *mem,
                                    struct fw_error *err);

#endif
