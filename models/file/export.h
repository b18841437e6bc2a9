/* A model for other programs: every parameter and all that leads from a raw row to it, with names and shapes, so that a
 * score can be computed or checked elsewhere. docs/export.md describes the documents and how to score from them.
 *
 * Two formats with the same contents: one JSON document, or an .npz archive (npz.h) in which the large arrays are
 * arrays and "meta" holds the rest of the document as JSON bytes. Equal models give equal bytes. */
#ifndef FW_MODELS_EXPORT_H
#define FW_MODELS_EXPORT_H

#include "core/file.h"
#include "models/file/model_file.h"

#define FW_EXPORT_VERSION 1

enum fw_export_format { FW_EXPORT_JSON, FW_EXPORT_NPZ };

/* Writes the bundle to an open file. FW_E_IO, FW_E_NOMEM; FW_E_NUMERIC naming a parameter that is not finite. */
FW_NODISCARD
enum fw_status fw_export_write(struct fw_outfile *out, const struct fw_bundle *bundle, enum fw_export_format format,
                               struct fw_allocator *mem, struct fw_error *err);

#endif
