#include "results/trial_log.h"

#include <stddef.h>
#include <string.h>

static const char *const state_names[] = {
    [FW_TRIAL_RUNNING] = "running",
    [FW_TRIAL_COMPLETE] = "complete",
    [FW_TRIAL_PRUNED] = "pruned",
    [FW_TRIAL_FAILED] = "failed",
};
_Static_assert(sizeof state_names / sizeof state_names[0] == FW_TRIAL_FAILED + 1, "one name a state");

static const char *const status_names[] = {
    [FW_STUDY_RUNNING] = "running",
    [FW_STUDY_COMPLETE] = "complete",
    [FW_STUDY_INTERRUPTED] = "interrupted",
    [FW_STUDY_FAILED] = "failed",
};
_Static_assert(sizeof status_names / sizeof status_names[0] == FW_STUDY_FAILED + 1, "one name a status");

/* The index of a name in a table; -1: not there. */
static int find_name(const char *const *names, int n, const char *name)
{
    for (int i = 0; name != NULL && i < n; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return -1;
}

const char *fw_trial_state_name(enum fw_trial_state state)
{
    return state_names[state];
}

const char *fw_study_status_name(enum fw_study_status status)
{
    return status_names[status];
}

bool fw_trial_state_from_name(enum fw_trial_state *out, const char *name)
{
    int i = find_name(state_names, FW_TRIAL_FAILED + 1, name);
    if (i >= 0)
        *out = (enum fw_trial_state)i;
    return i >= 0;
}

bool fw_study_status_from_name(enum fw_study_status *out, const char *name)
{
    int i = find_name(status_names, FW_STUDY_FAILED + 1, name);
    if (i >= 0)
        *out = (enum fw_study_status)i;
    return i >= 0;
}

static enum fw_status none_open_study(void *self, int64_t *study_out, bool *resumed_out,
                                      enum fw_study_status *status_out, const struct fw_study_info *info,
                                      struct fw_error *err)
{
    (void)self, (void)info, (void)err;
    *study_out = 0;
    *resumed_out = false;
    *status_out = FW_STUDY_RUNNING;
    return FW_OK;
}

static enum fw_status none_find_trial(void *self, bool *found_out, struct fw_trial_record *record, int64_t study,
                                      uint64_t hash, struct fw_error *err)
{
    (void)self, (void)record, (void)study, (void)hash, (void)err;
    *found_out = false;
    return FW_OK;
}

static enum fw_status none_add_trials(void *self, int64_t study, struct fw_trial_record *records, int64_t n,
                                      struct fw_error *err)
{
    (void)self, (void)study, (void)err;
    for (int64_t i = 0; i < n; i++)
        records[i].number = 0;
    return FW_OK;
}

static enum fw_status none_add_decision(void *self, int64_t study, const struct fw_decision *decision,
                                        struct fw_error *err)
{
    (void)self, (void)study, (void)decision, (void)err;
    return FW_OK;
}

static enum fw_status none_add_artifact(void *self, int64_t study, const struct fw_artifact *artifact,
                                        struct fw_error *err)
{
    (void)self, (void)study, (void)artifact, (void)err;
    return FW_OK;
}

static enum fw_status none_close_study(void *self, int64_t study, enum fw_study_status status, const char *reason,
                                       struct fw_error *err)
{
    (void)self, (void)study, (void)status, (void)reason, (void)err;
    return FW_OK;
}

static const struct fw_trial_log_vtable none_vtable = {
    .open_study = none_open_study,
    .find_trial = none_find_trial,
    .add_trials = none_add_trials,
    .add_decision = none_add_decision,
    .add_artifact = none_add_artifact,
    .close_study = none_close_study,
};

const struct fw_trial_log fw_trial_log_none = {.vtable = &none_vtable};
