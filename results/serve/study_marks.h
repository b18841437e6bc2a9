/* What people have said of studies: tags, notes, and which they have put away. */
#ifndef FW_RESULTS_STUDY_MARKS_H
#define FW_RESULTS_STUDY_MARKS_H

#include "results/store/store.h"
#include "results/store/text_pool.h"

struct fw_study_mark {
    int64_t study; /* its id */
    bool archived;
    bool has_tag;     /* the tag that was asked for */
    const char *tags; /* "a, b"; NULL: none */
    const char *note; /* NULL: none */
};

/* By id. */
struct fw_study_marks {
    struct fw_study_mark *rows;
    int64_t n, capacity;
    struct fw_text_pool texts;
};

/* The marks of all studies. On failure there is nothing to clear. FW_E_IO, FW_E_CORRUPT or FW_E_NOMEM as store.h says.
 */
FW_NODISCARD
enum fw_status fw_study_marks_query(struct fw_study_marks *out, struct fw_store *store, const char *tag,
                                    struct fw_error *err);
void fw_study_marks_clear(struct fw_study_marks *marks);

/* Those of one study; NULL: there are none. Borrowed. */
const struct fw_study_mark *fw_study_marks_find(const struct fw_study_marks *marks, int64_t study);

#endif
