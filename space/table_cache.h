/* A table as a binary file beside its text, so that a second run starts at once.
 *
 * It can never be stale: its name and head hold a key made of the XXH3 of the text file's bytes as they are now, of
 * every reading option that matters and of the format's version; the text is hashed anew at each use (several GB/s).
 * The file ends in the XXH3 of all bytes before it; a damaged cache is passed over and written again.
 *
 * Layout, little-endian: 8 bytes "\x89FWT\r\n\x1a\n", u64 key, the dialect and counts, the map of lines, the columns
 * (name, storage, missing rows, then codes with their dictionary, or numbers), u64 XXH3. */
#ifndef FW_SPACE_TABLE_CACHE_H
#define FW_SPACE_TABLE_CACHE_H

#include "space/table.h"

/* As fw_table_read, through the cache `<folder>/<file name>.<key>.fwcache`: loaded when it fits, else the text is read
 * and the cache written. folder NULL: the data's own. Standard input is never cached; a folder that cannot be written
 * costs the speed only. *hit_out tells whether the cache was used. */
FW_NODISCARD
enum fw_status fw_table_read_cached(struct fw_table **out, bool *hit_out, const char *path, const char *folder,
                                    const struct fw_table_options *options, struct fw_allocator *mem,
                                    struct fw_error *err);

#endif
