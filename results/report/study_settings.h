/* The settings of trials, member by member: what candidates have in common and what tells them apart.
 *
 * A setting is a number, a text or a truth value of a candidate, also within objects ("settings.rate"); lists are none.
 */
#ifndef FW_RESULTS_STUDY_SETTINGS_H
#define FW_RESULTS_STUDY_SETTINGS_H

#include "results/report/study_facts.h"

/* Settings that are looked at; names of one that are told apart. */
#define FW_STUDY_SETTINGS_MOST 128
#define FW_STUDY_NAMES_MOST    10

struct fw_study_setting {
    const char *name;
    double *values;     /* (n_trials) the number; of names the place among `names`; NaN: the trial has none */
    const char **texts; /* (n_trials) as they are written; NULL: none */
    bool is_name;
    const char *names[FW_STUDY_NAMES_MOST + 1]; /* in order of appearance; the last may be "(others)" */
    int n_names;
    bool varies; /* it has two values, or some trials lack it */
};

struct fw_study_settings {
    struct fw_study_setting rows[FW_STUDY_SETTINGS_MOST]; /* (n) in order of appearance */
    int n;
    int64_t n_trials;
    struct fw_text_pool texts;
    struct fw_allocator *mem;
};

/* Settings of the trials at n places. *out is to be cleared also after a failure. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_study_settings_read(struct fw_study_settings *out, const struct fw_study_facts *facts,
                                      const int64_t *places, int64_t n, struct fw_error *err);
void fw_study_settings_clear(struct fw_study_settings *settings);

/* Appends "rate=0.1, dim=8" of a trial (its place among those read), of settings that vary or of those that do not. */
void fw_study_settings_say(struct fw_buffer *out, const struct fw_study_settings *settings, int64_t trial,
                           bool varying);

#endif
