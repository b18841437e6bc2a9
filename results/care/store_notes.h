/* What people say about their studies, and which of them they keep: tags, notes, names, archiving, deleting.
 *
 * Each call is one transaction that also keeps the digests right (digest.h). A study is named by its id in the store;
 * query.h finds it by its name. All fail with FW_E_INPUT when there is no such study (any more). */
#ifndef FW_RESULTS_CARE_STORE_NOTES_H
#define FW_RESULTS_CARE_STORE_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "results/store/store.h"
#include "results/store/text_pool.h"

#define FW_NAME_MAX 200     /* bytes of a name or tag */
#define FW_NOTE_MAX 1000000 /* bytes of a note */

/* Adds or removes n tags; those that are there already, or not there, are fine. FW_E_INPUT for a tag that is empty, too
 * long, not UTF-8, or has control characters or a comma (tags are shown with commas between them). */
FW_NODISCARD
enum fw_status fw_store_tag(struct fw_store *store, int64_t study, const char *const *tags, int64_t n, bool remove,
                            struct fw_error *err);

/* Gives a study another name. FW_E_INPUT for a name that another study has, that is empty, too long, not UTF-8, has
 * control characters, or is a number, which would name a study by its number. */
FW_NODISCARD
enum fw_status fw_store_rename(struct fw_store *store, int64_t study, const char *name, struct fw_error *err);

/* Sets the note; an empty one removes it. Lines may end in '\n'; FW_E_INPUT for other control characters (but tabs),
 * what is not UTF-8 or too long. */
FW_NODISCARD
enum fw_status fw_store_annotate(struct fw_store *store, int64_t study, const char *note, struct fw_error *err);

/* Archives a study now, or takes it back; one that is archived keeps its time. */
FW_NODISCARD
enum fw_status fw_store_archive(struct fw_store *store, int64_t study, bool undo, struct fw_error *err);

/* What people have said about a study. */
struct fw_study_notes {
    const char *note;  /* NULL: none */
    const char **tags; /* (n_tags) in their order */
    int64_t n_tags, capacity;
    int64_t archived_us; /* microseconds since 1970 UTC; 0: not archived */
    struct fw_text_pool texts;
};
FW_NODISCARD
enum fw_status fw_store_notes(struct fw_study_notes *out, struct fw_store *store, int64_t study, struct fw_error *err);
void fw_study_notes_clear(struct fw_study_notes *notes);

/* The rows that go with a study. */
struct fw_study_size {
    int64_t n_trials, n_metrics, n_decisions, n_artifacts;
};
FW_NODISCARD
enum fw_status fw_store_study_size(struct fw_study_size *out, struct fw_store *store, int64_t study,
                                   struct fw_error *err);

/* Forgets the record of a file of a study; the file itself is not touched. FW_E_INPUT when there is no such record. */
FW_NODISCARD
enum fw_status fw_store_forget_file(struct fw_store *store, int64_t study, const char *kind, const char *path,
                                    struct fw_error *err);

/* Deletes n studies with all that belongs to them, all or none. Files on the disk stay. A study that is stored as
 * running is refused with FW_E_INPUT unless `dead` says of it that its process is gone; it is asked inside the
 * transaction, in which no search can start or go on. */
FW_NODISCARD
enum fw_status fw_store_delete(struct fw_store *store, const int64_t *studies, int64_t n,
                               bool (*dead)(const char *host, int64_t pid), struct fw_error *err);

#endif
