#include "results/care/store_notes.h"

#include <inttypes.h>
#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "results/store/digest.h"
#include "results/store/sql.h"

/* How long the UTF-8 character is that begins at `text` (ended by NUL); 0: it is none. */
static size_t character_length(const unsigned char *text)
{
    static const struct {
        unsigned char mask, value;
        size_t length;
        uint32_t least;
    } kinds[] = {{0x80, 0x00, 1, 0}, {0xe0, 0xc0, 2, 0x80}, {0xf0, 0xe0, 3, 0x800}, {0xf8, 0xf0, 4, 0x10000}};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        if ((text[0] & kinds[k].mask) != kinds[k].value)
            continue;
        uint32_t code = text[0] & (unsigned char)~kinds[k].mask;
        for (size_t i = 1; i < kinds[k].length; i++) {
            if ((text[i] & 0xc0) != 0x80)
                return 0;
            code = code << 6 | (text[i] & 0x3f);
        }
        bool possible = code >= kinds[k].least && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
        return possible ? kinds[k].length : 0;
    }
    return 0;
}

/* FW_E_INPUT unless the text is UTF-8 of 1 to `most` bytes without control characters but those in `allowed`. `what`
 * names the thing. */
static enum fw_status check_text(const char *text, const char *what, size_t most, const char *allowed,
                                 struct fw_error *err)
{
    size_t length = strlen(text);
    if (length == 0)
        return fw_error_set(err, FW_E_INPUT, "the %s is empty", what);
    if (length > most)
        return fw_error_set(err, FW_E_INPUT, "the %s has %zu bytes; at most %zu are possible", what, length, most);
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
        size_t n = character_length(at);
        if (n == 0)
            return fw_error_set(err, FW_E_INPUT, "the %s is not UTF-8: byte %td is 0x%02x", what,
                                at - (const unsigned char *)text + 1, *at);
        bool control = *at < 0x20 || *at == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0);
        if (control && (n > 1 || strchr(allowed, *at) == NULL))
            return fw_error_set(err, FW_E_INPUT, "the %s has a control character at byte %td; use printable text", what,
                                at - (const unsigned char *)text + 1);
        at += n;
    }
    return FW_OK;
}

static enum fw_status no_study(const struct fw_store *store, int64_t study, struct fw_error *err)
{
    return fw_error_set(err, FW_E_INPUT, "there is no study %" PRId64 " in '%s' any more", study, store->path);
}

static enum fw_status change_tag(struct fw_store *store, int64_t study, const char *tag, bool remove,
                                 struct fw_error *err)
{
    static const char add[] = "INSERT INTO tags (study_id, name) VALUES (?, ?) ON CONFLICT DO NOTHING";
    static const char drop[] = "DELETE FROM tags WHERE study_id = ? AND name = ?";
    struct fw_sql q;
    FW_TRY(fw_sql_prepare(&q, store, remove ? drop : add, err));
    fw_sql_bind_int(&q, study);
    fw_sql_bind_text(&q, tag);
    return fw_sql_run(&q, err);
}

/* Whether the study is there; asked inside the transaction that changes it. */
static enum fw_status check_study(struct fw_store *store, int64_t study, struct fw_error *err)
{
    static const char sql[] = "SELECT 1 FROM studies WHERE id = ?";
    struct fw_sql q;
    bool there;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, study);
    FW_TRY(fw_sql_next(&there, &q, err));
    return there ? fw_sql_finish(&q, err) : no_study(store, study, err);
}

enum fw_status fw_store_tag(struct fw_store *store, int64_t study, const char *const *tags, int64_t n, bool remove,
                            struct fw_error *err)
{
    for (int64_t i = 0; i < n; i++) {
        FW_TRY(check_text(tags[i], "tag", FW_NAME_MAX, "", err));
        if (strchr(tags[i], ',') != NULL)
            return fw_error_set(err, FW_E_INPUT, "the tag '%s' has a comma; give each tag as an argument of its own",
                                tags[i]);
    }
    FW_TRY(fw_sql_begin(store, err));
    enum fw_status status = check_study(store, study, err);
    for (int64_t i = 0; status == FW_OK && i < n; i++)
        status = change_tag(store, study, tags[i], remove, err);
    if (status == FW_OK)
        status = fw_digest_study(store, study, err);
    return fw_sql_end(store, status, err);
}

/* Runs one UPDATE of a study whose parameters are bound, and renews its digest. */
static enum fw_status update_study(struct fw_sql *q, int64_t study, struct fw_error *err)
{
    FW_TRY(fw_sql_run(q, err));
    if (sqlite3_changes(q->store->db) == 0)
        return no_study(q->store, study, err);
    return fw_digest_study(q->store, study, err);
}

static enum fw_status rename_study(struct fw_store *store, int64_t study, const char *name, struct fw_error *err)
{
    static const char taken[] = "SELECT id FROM studies WHERE name = ? AND id <> ?";
    static const char sql[] = "UPDATE studies SET name = ? WHERE id = ?";
    struct fw_sql q;
    bool other;
    FW_TRY(fw_sql_prepare(&q, store, taken, err));
    fw_sql_bind_text(&q, name);
    fw_sql_bind_int(&q, study);
    FW_TRY(fw_sql_next(&other, &q, err));
    int64_t id = other ? fw_sql_int(&q, 0) : 0;
    if (other) {
        FW_TRY(fw_sql_finish(&q, err));
        return fw_error_set(err, FW_E_INPUT, "study %" PRId64 " of '%s' has the name '%s' already", id, store->path,
                            name);
    }
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_text(&q, name);
    fw_sql_bind_int(&q, study);
    return update_study(&q, study, err);
}

enum fw_status fw_store_rename(struct fw_store *store, int64_t study, const char *name, struct fw_error *err)
{
    double number;
    FW_TRY(check_text(name, "name", FW_NAME_MAX, "", err));
    if (fw_text_to_double(fw_text_trim(fw_text_of(name)), &number))
        return fw_error_set(err, FW_E_INPUT,
                            "'%s' is a number, and numbers name studies by their place in the store; give it a name "
                            "with a letter",
                            name);
    FW_TRY(fw_sql_begin(store, err));
    return fw_sql_end(store, rename_study(store, study, name, err), err);
}

static enum fw_status set_note(struct fw_store *store, int64_t study, const char *note, struct fw_error *err)
{
    static const char sql[] = "UPDATE studies SET note = ? WHERE id = ?";
    struct fw_sql q;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_text(&q, note[0] != '\0' ? note : NULL);
    fw_sql_bind_int(&q, study);
    return update_study(&q, study, err);
}

enum fw_status fw_store_annotate(struct fw_store *store, int64_t study, const char *note, struct fw_error *err)
{
    if (note[0] != '\0')
        FW_TRY(check_text(note, "note", FW_NOTE_MAX, "\n\t", err));
    FW_TRY(fw_sql_begin(store, err));
    return fw_sql_end(store, set_note(store, study, note, err), err);
}

static enum fw_status set_archived(struct fw_store *store, int64_t study, bool undo, struct fw_error *err)
{
    static const char set[] = "UPDATE studies SET archived_us = coalesce(archived_us, ?) WHERE id = ?";
    static const char unset[] = "UPDATE studies SET archived_us = nullif(?, 0) WHERE id = ?";
    struct fw_sql q;
    FW_TRY(fw_sql_prepare(&q, store, undo ? unset : set, err));
    fw_sql_bind_int(&q, undo ? 0 : fw_clock_utc_us());
    fw_sql_bind_int(&q, study);
    return update_study(&q, study, err);
}

enum fw_status fw_store_archive(struct fw_store *store, int64_t study, bool undo, struct fw_error *err)
{
    FW_TRY(fw_sql_begin(store, err));
    return fw_sql_end(store, set_archived(store, study, undo, err), err);
}

static enum fw_status read_note(struct fw_study_notes *notes, struct fw_store *store, int64_t study,
                                struct fw_error *err)
{
    static const char sql[] = "SELECT note, archived_us FROM studies WHERE id = ?";
    struct fw_sql q;
    bool row;
    bool refused = false;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, study);
    FW_TRY(fw_sql_next(&row, &q, err));
    if (!row)
        return no_study(store, study, err);
    notes->note = fw_text_pool_add(&notes->texts, fw_sql_text(&q, 0), &refused);
    notes->archived_us = fw_sql_int(&q, 1);
    FW_TRY(fw_sql_finish(&q, err));
    return refused ? fw_error_nomem(err, store->mem, "a note", 1, FW_NOTE_MAX) : FW_OK;
}

static enum fw_status read_tags(struct fw_study_notes *notes, struct fw_store *store, int64_t study,
                                struct fw_error *err)
{
    static const char sql[] = "SELECT name FROM tags WHERE study_id = ? ORDER BY name";
    struct fw_sql q;
    bool row;
    bool refused = false;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, study);
    FW_TRY(fw_sql_next(&row, &q, err));
    while (row) {
        enum fw_status status =
            fw_reserve(store->mem, &notes->tags, &notes->capacity, notes->n_tags + 1, sizeof *notes->tags, err);
        const char *tag = fw_text_pool_add(&notes->texts, fw_sql_text(&q, 0), &refused);
        if (status == FW_OK && (refused || tag == NULL))
            status = fw_error_nomem(err, store->mem, "a tag", 1, FW_NAME_MAX);
        if (status != FW_OK) {
            enum fw_status ignored = fw_sql_finish(&q, NULL);
            (void)ignored;
            return status;
        }
        notes->tags[notes->n_tags++] = tag;
        FW_TRY(fw_sql_next(&row, &q, err));
    }
    return FW_OK;
}

enum fw_status fw_store_notes(struct fw_study_notes *out, struct fw_store *store, int64_t study, struct fw_error *err)
{
    struct fw_study_notes notes = {0};
    fw_text_pool_init(&notes.texts, store->mem);
    enum fw_status status = read_note(&notes, store, study, err);
    if (status == FW_OK)
        status = read_tags(&notes, store, study, err);
    if (status == FW_OK)
        *out = notes;
    else
        fw_study_notes_clear(&notes);
    return status;
}

void fw_study_notes_clear(struct fw_study_notes *notes)
{
    fw_free(notes->texts.mem, notes->tags);
    fw_text_pool_clear(&notes->texts);
    *notes = (struct fw_study_notes){0};
}

enum fw_status fw_store_study_size(struct fw_study_size *out, struct fw_store *store, int64_t study,
                                   struct fw_error *err)
{
    static const char sql[] =
        "SELECT (SELECT count(*) FROM trials WHERE study_id = ?1), (SELECT count(*) FROM metrics WHERE trial_id IN "
        "(SELECT id FROM trials WHERE study_id = ?1)), (SELECT count(*) FROM decisions WHERE study_id = ?1), "
        "(SELECT count(*) FROM artifacts WHERE study_id = ?1)";
    struct fw_sql q;
    bool row;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, study);
    FW_TRY(fw_sql_next(&row, &q, err));
    *out = (struct fw_study_size){.n_trials = fw_sql_int(&q, 0),
                                  .n_metrics = fw_sql_int(&q, 1),
                                  .n_decisions = fw_sql_int(&q, 2),
                                  .n_artifacts = fw_sql_int(&q, 3)};
    return fw_sql_finish(&q, err);
}

static enum fw_status forget_file(struct fw_store *store, int64_t study, const char *kind, const char *path,
                                  struct fw_error *err)
{
    static const char sql[] = "DELETE FROM artifacts WHERE study_id = ? AND kind = ? AND path = ? RETURNING digest";
    struct fw_sql q;
    bool row;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, study);
    fw_sql_bind_text(&q, kind);
    fw_sql_bind_text(&q, path);
    FW_TRY(fw_sql_next(&row, &q, err));
    if (!row)
        return fw_error_set(err, FW_E_INPUT, "study %" PRId64 " of '%s' has no record of a %s '%s'", study, store->path,
                            kind, path);
    struct fw_digest_change change = {.n = -1, .sum = 0 - fw_sql_hash(&q, 0)};
    FW_TRY(fw_sql_finish(&q, err));
    return fw_digest_settle(&change, store, FW_DIGEST_ARTIFACTS, study, err);
}

enum fw_status fw_store_forget_file(struct fw_store *store, int64_t study, const char *kind, const char *path,
                                    struct fw_error *err)
{
    FW_TRY(fw_sql_begin(store, err));
    return fw_sql_end(store, forget_file(store, study, kind, path, err), err);
}

static enum fw_status delete_study(struct fw_store *store, int64_t study, bool (*dead)(const char *host, int64_t pid),
                                   struct fw_error *err)
{
    static const char look[] = "SELECT name, host, pid FROM studies WHERE id = ? AND status = 'running'";
    static const char sql[] = "DELETE FROM studies WHERE id = ?"; /* what refers to it goes with it */
    struct fw_sql q;
    bool running;
    FW_TRY(fw_sql_prepare(&q, store, look, err));
    fw_sql_bind_int(&q, study);
    FW_TRY(fw_sql_next(&running, &q, err));
    if (running) {
        const char *host = fw_sql_text(&q, 1);
        enum fw_status status = FW_OK;
        if (host == NULL || !dead(host, fw_sql_int(&q, 2)))
            status = fw_error_set(err, FW_E_INPUT, "study '%s' is running (process %" PRId64 " on '%s'); end it first",
                                  fw_sql_text(&q, 0), fw_sql_int(&q, 2), host != NULL ? host : "?");
        enum fw_status ended = fw_sql_finish(&q, status == FW_OK ? err : NULL);
        FW_TRY(status != FW_OK ? status : ended);
    }
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, study);
    FW_TRY(fw_sql_run(&q, err));
    return sqlite3_changes(store->db) == 0 ? no_study(store, study, err) : FW_OK;
}

enum fw_status fw_store_delete(struct fw_store *store, const int64_t *studies, int64_t n,
                               bool (*dead)(const char *host, int64_t pid), struct fw_error *err)
{
    FW_TRY(fw_sql_begin(store, err));
    enum fw_status status = FW_OK;
    for (int64_t i = 0; status == FW_OK && i < n; i++)
        status = delete_study(store, studies[i], dead, err);
    return fw_sql_end(store, status, err);
}
