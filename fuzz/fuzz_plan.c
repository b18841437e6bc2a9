/* Any bytes as a plan: either a plan comes of it, or a message. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "space/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fw_plan *plan = NULL;
    struct fw_error err = {0};
    struct fw_allocator mem;
    fw_allocator_init(&mem, 512 * FW_MIB);
    if (fw_plan_parse(&plan, (const char *)data, size, "the plan", &mem, &err) == FW_OK)
        fw_plan_destroy(plan);
    if (mem.used != 0)
        abort();
    return 0;
}
