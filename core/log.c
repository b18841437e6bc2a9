#include "core/log.h"

#include <stddef.h>

void fw_log_write(const struct fw_log *log, enum fw_log_level level, const char *format, ...)
{
    if (log == NULL || log->emit == NULL)
        return;
    struct fw_error line; /* its setter escapes control characters, which is what a log line needs too */
    va_list args;
    va_start(args, format);
    fw_error_vset(&line, FW_OK, format, args);
    va_end(args);
    log->emit(log->user, level, line.message);
}
