/* Digests: what makes a value of the store that was changed behind our back, or a row that vanished, show.
 *
 * SQLite has no checksums of its own: a flipped bit in a page is other content, not an error. So each row carries 16
 * hexadecimal digits, the XXH3-64 of a canonical encoding of its values, and table `contents` has, for each study, how
 * many trials, decisions and artifacts belong to it and the sum of their digests modulo 2^64. One SQL expression both
 * writes a digest, in the transaction that changed the row, and checks it: the function fw_digest(...) is registered on
 * every handle (plain SQLite does not have it, so no table, view or index uses it).
 *
 *     fw_digest(values...)             the digest of the values, in their order
 *     fw_digest_sum(values...)         aggregate: the sum of the digests of rows, whatever their order
 *     fw_digest_total(digest)          aggregate: the sum of digests
 *     fw_digest_fold(sum, new, old)    sum + new - old; '' and NULL are nothing
 *
 * The encoding of a value is a byte for its type and what follows: NULL 0; INTEGER 1 and eight bytes, little-endian;
 * REAL 2 and the eight bytes of the double; TEXT 3, its length in eight bytes, and its bytes. A trial covers its
 * metrics, a study its tags, by the sum of their digests as a last value. Digests find accidents; whoever wants to
 * forge a row can compute them. */
#ifndef FW_RESULTS_DIGEST_H
#define FW_RESULTS_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "core/text.h"

struct fw_store;

/* The columns that a digest covers, in the order of the table: all but the digest itself, which is the last one. */
#define FW_STUDY_DIGEST                                                                                                \
    "fw_digest('studies', id, name, key, driver, objective, maximise, data, data_fingerprint, rows, options, seed, "   \
    "command, status, reason, program_version, host, pid, processors, started_us, opened_us, ended_us, seconds, "      \
    "note, archived_us, (SELECT fw_digest_sum(name) FROM tags WHERE study_id = studies.id))"
#define FW_TRIAL_VALUES                                                                                                \
    "'trials', id, study_id, number, parent, candidate, hash, state, reason, step, rung, rows, objective, gain, "      \
    "gain_low, gain_high, bytes, seconds, finished_us"
#define FW_TRIAL_METRICS   "(SELECT fw_digest_sum(name, step, value) FROM metrics WHERE trial_id = trials.id)"
#define FW_TRIAL_DIGEST    "fw_digest(" FW_TRIAL_VALUES ", " FW_TRIAL_METRICS ")"
#define FW_DECISION_DIGEST "fw_digest('decisions', id, study_id, step, kind, trial, detail, clock, made_us)"
#define FW_ARTIFACT_DIGEST "fw_digest('artifacts', id, study_id, kind, path, bytes, checksum, written_us)"

/* What belongs to a study and is counted in `contents`. */
enum fw_digest_table { FW_DIGEST_TRIALS, FW_DIGEST_DECISIONS, FW_DIGEST_ARTIFACTS };
#define FW_DIGEST_TABLES 3

/* What a transaction has changed in the rows of one study. */
struct fw_digest_change {
    int64_t n;    /* rows more */
    uint64_t sum; /* of their digests, modulo 2^64 */
};

/* Registers the functions on the store's connection. */
FW_NODISCARD
enum fw_status fw_digest_install(struct fw_store *store, struct fw_error *err);

/* Writes the digest of a row that was written in this transaction, with all its children, and notes the change.
 * `existed`: it replaced an earlier state of the same row. */
FW_NODISCARD
enum fw_status fw_digest_row(struct fw_digest_change *change, struct fw_store *store, enum fw_digest_table table,
                             int64_t id, bool existed, struct fw_error *err);

/* Brings `contents` up to date with the changes of this transaction. */
FW_NODISCARD
enum fw_status fw_digest_settle(const struct fw_digest_change *change, struct fw_store *store,
                                enum fw_digest_table table, int64_t study, struct fw_error *err);

/* Writes the digest of a study whose row or tags were written in this transaction. */
FW_NODISCARD
enum fw_status fw_digest_study(struct fw_store *store, int64_t study, struct fw_error *err);

/* Writes all digests and all of `contents` anew, whatever they were. Inside a transaction. */
FW_NODISCARD
enum fw_status fw_digest_everything(struct fw_store *store, struct fw_error *err);

/* The encoding by hand, for rows that were read without SQL. Append the values, then take the digest. */
void fw_digest_add_null(struct fw_buffer *values);
void fw_digest_add_int(struct fw_buffer *values, int64_t value);
void fw_digest_add_real(struct fw_buffer *values, double value);
void fw_digest_add_text(struct fw_buffer *values, const char *text, size_t length);
void fw_digest_add_blob(struct fw_buffer *values, const char *bytes, size_t length); /* none of our columns has any */
uint64_t fw_digest_of(const struct fw_buffer *values);

/* 16 hexadecimal digits, and back; false, *out unchanged, when the text is not exactly that. */
void fw_digest_to_text(char out[17], uint64_t digest);
bool fw_digest_from_text(uint64_t *out, const char *text, size_t length);

#endif
