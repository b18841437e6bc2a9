#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/trials/trials.h"
#include "core/clock.h"

bool trials_process_is_gone(const char *machine, int64_t pid)
{
    char host[256] = "";
    return gethostname(host, sizeof host - 1) == 0 && strcmp(host, machine) == 0 && pid > 0 && pid <= INT32_MAX &&
           kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

const char *trials_status(const struct fw_study_row *study)
{
    if (study->status == FW_STUDY_RUNNING && trials_process_is_gone(study->host, study->pid))
        return "killed";
    return fw_study_status_name(study->status);
}

double trials_seconds(const struct fw_study_row *study)
{
    double seconds = study->seconds;
    if (study->status == FW_STUDY_RUNNING) {
        bool killed = strcmp(trials_status(study), "killed") == 0;
        int64_t until = killed ? study->last_trial_us : fw_clock_utc_us();
        if (until > study->opened_us)
            seconds += 1e-6 * ((double)until - (double)study->opened_us);
    }
    return seconds;
}
