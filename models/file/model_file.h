/* The model file: everything needed to score a raw row. Plan, encoder, settings, parameters, calibration.
 *
 * Layout, little-endian: 8 bytes "\x89FWM\r\n\x1a\n"; u32 version; u32 0; then records, each a u64 length and its
 * bytes: the plan (JSON), the encoder (vocabularies, bins, scalings, crosses), the model's name, its settings (JSON),
 * its parameters (u32 count; each a name, i32 field, u64 rows, u64 width, floats), two f64 of calibration (scale,
 * shift); and last a u64 XXH3 of all bytes before it. The checksum is verified before anything else is looked at, so
 * that no flipped, missing or added byte goes unseen, and every count is then checked all the same. Written whole or
 * not at all. */
#ifndef FW_MODELS_MODEL_FILE_H
#define FW_MODELS_MODEL_FILE_H

#include "core/alloc.h"
#include "models/model.h"
#include "space/encoder.h"
#include "space/plan.h"

#define FW_MODEL_FILE_VERSION 2

/* A model with all that belongs to it. */
struct fw_bundle {
    struct fw_plan *plan;
    struct fw_encoder *encoder;
    struct fw_model *model;
    double scale, shift; /* calibration of a single logit: the probability is s(scale * logit + shift) */
};

/* Frees what the bundle holds. */
void fw_bundle_clear(struct fw_bundle *bundle);

/* Writes the bundle. *bytes_out (may be NULL): the file's size; *checksum_out (may be NULL): its last eight bytes. */
FW_NODISCARD
enum fw_status fw_model_file_save(const struct fw_bundle *bundle, const char *path, int64_t *bytes_out,
                                  uint64_t *checksum_out, struct fw_allocator *mem, struct fw_error *err);

/* Reads a bundle, whose model is for scoring only; clear it with fw_bundle_clear. FW_E_CORRUPT when the file is
 * damaged, of another version or no model; FW_E_INPUT when it cannot be read. */
FW_NODISCARD
enum fw_status fw_model_file_load(struct fw_bundle *out, const char *path, int threads, struct fw_allocator *mem,
                                  struct fw_error *err);

/* The same from bytes; `what` names them in messages. */
FW_NODISCARD
enum fw_status fw_model_file_parse(struct fw_bundle *out, const char *data, size_t size, const char *what, int threads,
                                   struct fw_allocator *mem, struct fw_error *err);

/* Changes settings of a trained model that steer its prediction alone (`scoring` in its table): each text is
 * "key=value", or several with commas. The model is made anew with its parameters. FW_E_ARG: no such setting or value,
 * or one that training has used; the bundle is as before. After FW_E_NOMEM it may only be cleared. */
FW_NODISCARD
enum fw_status fw_bundle_set(struct fw_bundle *bundle, const char *const *texts, int64_t n, struct fw_error *err);

#endif
