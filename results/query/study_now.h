/* What a study is doing at this moment, told from its row and from the processes of this machine. */
#ifndef FW_RESULTS_STUDY_NOW_H
#define FW_RESULTS_STUDY_NOW_H

#include "results/query/query.h"

/* How a study stands: its status, or "killed" when it is stored as running but its process on this machine is gone. */
const char *fw_study_now_status(const struct fw_study_row *study);

/* Whether it is being worked on: stored as running, and not killed as far as this machine can tell. */
bool fw_study_now_runs(const struct fw_study_row *study);

/* Whether a process of this machine has ended; false for one of another machine, of which nothing is known. */
bool fw_study_now_gone(const char *machine, int64_t pid);

/* Seconds that the study's runs have taken so far; of a killed run what is known. */
double fw_study_now_seconds(const struct fw_study_row *study);

#endif
