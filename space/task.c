#include "space/task.h"

const char *fw_task_kind_name(enum fw_task_kind kind)
{
    static const char *const names[] = {"binary", "number"};
    _Static_assert(sizeof names / sizeof names[0] == FW_TASK_NUMBER + 1, "one name a kind");
    return names[kind];
}
