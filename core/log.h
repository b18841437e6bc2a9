/* Messages from the library to whoever runs it. The library never prints: it hands a line to a callback, which may be
 * NULL. Levels are defined by how often they speak: run, step, trial. */
#ifndef FW_CORE_LOG_H
#define FW_CORE_LOG_H

#include "core/status.h"

enum fw_log_level {
    FW_LOG_WARNING, /* something the user should know: once a cause */
    FW_LOG_RUN,     /* a few lines a run */
    FW_LOG_STEP,    /* a line a search step or epoch */
    FW_LOG_DETAIL   /* a line a trial or rung */
};

struct fw_log {
    /* Gets one line without a newline; called from one thread at a time. NULL: messages are dropped. */
    void (*emit)(void *user, enum fw_log_level level, const char *line);
    void *user;
};

/* Formats a line and hands it on; `log` may be NULL. Control characters are escaped as in errors. */
void fw_log_write(const struct fw_log *log, enum fw_log_level level, const char *format, ...) FW_PRINTF(3, 4);

#endif
