/* Arrays as NumPy reads them: an .npz file is a zip archive of .npy files, here stored without compression (trained
 * weights hardly shrink) and in ZIP64 form where sizes ask for it. Written front to back, so that a pipe will do.
 *
 *     struct fw_npz npz;
 *     fw_npz_init(&npz, &out, mem);
 *     status = fw_npz_add(&npz, fw_text_of("weight"), FW_NPZ_F32, (int64_t[]){10, 4}, 2, weights, err);
 *     if (status == FW_OK)
 *         status = fw_npz_finish(&npz, err);
 *     fw_npz_clear(&npz);
 *
 * In Python: numpy.load(path)["weight"]; no pickle. */
#ifndef FW_MODELS_NPZ_H
#define FW_MODELS_NPZ_H

#include <stdint.h>

#include "core/alloc.h"
#include "core/file.h"
#include "core/text.h"

enum fw_npz_type { FW_NPZ_U8, FW_NPZ_U32, FW_NPZ_U64, FW_NPZ_F32, FW_NPZ_F64 };

/* Longest name of an array, in bytes. */
#define FW_NPZ_NAME_MAX 2000

struct fw_npz {
    struct fw_outfile *out;
    struct fw_buffer directory; /* entries of the central directory so far */
    int64_t n_entries;
    uint64_t offset;     /* bytes of the archive so far */
    uint64_t zip64_from; /* sizes and offsets from here on are written in ZIP64 form; tests lower it */
};

/* `out` is borrowed and open; nothing is written yet. */
void fw_npz_init(struct fw_npz *npz, struct fw_outfile *out, struct fw_allocator *mem);
void fw_npz_clear(struct fw_npz *npz); /* frees; `out` stays open */

/* Appends an array in row-major order; shape: (n_dims), at most 3. The name is in UTF-8, at most FW_NPZ_NAME_MAX bytes,
 * and no other array has it. */
FW_NODISCARD
enum fw_status fw_npz_add(struct fw_npz *npz, struct fw_text name, enum fw_npz_type type, const int64_t *shape,
                          int32_t n_dims, const void *data, struct fw_error *err);

/* Writes the directory: the archive is complete. */
FW_NODISCARD
enum fw_status fw_npz_finish(struct fw_npz *npz, struct fw_error *err);

#endif
