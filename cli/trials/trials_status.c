#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/trials/trials.h"
#include "core/clock.h"

const char *trials_status(const struct fw_study_row *study)
{
    char host[256] = "";
    if (study->status == FW_STUDY_RUNNING && gethostname(host, sizeof host - 1) == 0 &&
        strcmp(host, study->host) == 0 && study->pid > 0 && study->pid <= INT32_MAX &&
        kill((pid_t)study->pid, 0) != 0 && errno == ESRCH)
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
