/* What a user of the installed library writes first. */
#include <stdio.h>

#include <core/status.h>
#include <space/dataset.h>

int main(void)
{
    struct fw_error err;
    fw_error_set(&err, FW_E_INPUT, "%d", fw_field_width(70000));
    printf("%s: %s\n", fw_status_text(err.status), err.message);
    return err.message[0] == '4' ? 0 : 1;
}
