/* Files that commands write. */
#ifndef FW_CLI_OUTPUTS_H
#define FW_CLI_OUTPUTS_H

#include <stdint.h>

#include "core/status.h"

/* Whether `path`, which `option` ("--out") names, may be written: FW_E_ARG when it is one of the files that the command
 * reads (n inputs, NULL: none), which would be lost; FW_E_IO as fw_file_check_writable. path NULL: nothing is written.
 * To be asked before any work. */
FW_NODISCARD
enum fw_status cli_check_output(const char *option, const char *path, const char *const *inputs, int32_t n,
                                struct fw_error *err);

#endif
