#include "results/query/study_now.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"

bool fw_study_now_gone(const char *machine, int64_t pid)
{
    char host[256] = "";
    return gethostname(host, sizeof host - 1) == 0 && strcmp(host, machine) == 0 && pid > 0 && pid <= INT32_MAX &&
           kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static bool is_killed(const struct fw_study_row *study)
{
    return study->status == FW_STUDY_RUNNING && fw_study_now_gone(study->host, study->pid);
}

const char *fw_study_now_status(const struct fw_study_row *study)
{
    return is_killed(study) ? "killed" : fw_study_status_name(study->status);
}

bool fw_study_now_runs(const struct fw_study_row *study)
{
    return study->status == FW_STUDY_RUNNING && !is_killed(study);
}

double fw_study_now_seconds(const struct fw_study_row *study)
{
    double seconds = study->seconds;
    if (study->status == FW_STUDY_RUNNING) {
        int64_t until = is_killed(study) ? study->last_trial_us : fw_clock_utc_us();
        if (until > study->opened_us)
            seconds += 1e-6 * ((double)until - (double)study->opened_us);
    }
    return seconds;
}
