/* The member "embeddings" of an export: how the arrays of sized embeddings make one vector an input. For export.c
 * alone; docs/export.md describes it. */
#ifndef FW_MODELS_EXPORT_SIZES_H
#define FW_MODELS_EXPORT_SIZES_H

#include "core/text.h"
#include "models/file/model_file.h"
#include "space/dictionary.h"

/* Appends `,\n"embeddings": {...}`; nothing when the model has no sized embeddings. fields: of the bundle's encoder;
 * the text of code i + 1 in `names` is the name of the array of parameter i. */
void fw_export_put_sizes(struct fw_buffer *out, const struct fw_bundle *bundle, const struct fw_dataset *fields,
                         const struct fw_dictionary *names);

#endif
