/* A file as a series of tables, a block of rows each: for files that need not fit in memory, and for streams that have
 * no end. The rows, line numbers, messages and the outcome for bad rows are those of table.h, which reads the whole
 * file as one block.
 *
 *     struct fw_table_blocks *blocks;
 *     FW_TRY(fw_table_blocks_open(&blocks, "new.csv", &options, 0, mem, err));
 *     for (;;) {
 *         FW_TRY_GOTO(fw_table_blocks_next(&table, blocks, err), done);
 *         if (table == NULL)
 *             break;
 *         ...                                   // columns by name: codes and storage forms differ from block to block
 *         fw_table_destroy(table);
 *     }
 * done:
 *     fw_table_blocks_close(blocks);
 *
 * While a block is encoded the next text is read. Memory follows from the block size, the widest row and the threads,
 * never from the size of the file. One thread at a time; tables stay valid after close. */
#ifndef FW_SPACE_TABLE_BLOCKS_H
#define FW_SPACE_TABLE_BLOCKS_H

#include "space/table.h"

struct fw_table_blocks;

/* Opens a path ("-": standard input) and finds out its format. block_size: bytes of text a block has at least, but for
 * the last; 0: the usual 8 MiB. Lists in the options are borrowed until close. Fails as fw_table_read does. */
FW_NODISCARD
enum fw_status fw_table_blocks_open(struct fw_table_blocks **out, const char *path,
                                    const struct fw_table_options *options, size_t block_size, struct fw_allocator *mem,
                                    struct fw_error *err);

/* The next rows as a table, the caller's; NULL: there are no more. n_rows and n_bad_rows are those of the block;
 * text_bytes and fingerprint are those of the file so far. Fails as fw_table_read does; a bad row that is not skipped
 * fails its block, while earlier blocks have been given out. After a failure: only close. */
FW_NODISCARD
enum fw_status fw_table_blocks_next(struct fw_table **out, struct fw_table_blocks *blocks, struct fw_error *err);

void fw_table_blocks_close(struct fw_table_blocks *blocks); /* NULL is a no-op */

#endif
