#include "cli/outputs.h"

#include "core/file.h"

enum fw_status cli_check_output(const char *option, const char *path, const char *const *inputs, int32_t n,
                                struct fw_error *err)
{
    if (path == NULL)
        return FW_OK;
    for (int32_t i = 0; i < n; i++) {
        if (inputs[i] != NULL && fw_file_is_same(path, inputs[i]))
            return fw_error_set(err, FW_E_ARG, "%s would overwrite '%s', which is read here; choose another name",
                                option, inputs[i]);
    }
    return fw_file_check_writable(path, err);
}
