#include "search/routing/route.h"

enum fw_status fw_route_run(struct fw_route *out, const struct fw_route_data *data,
                            const struct fw_route_options *options, const struct fw_study_info *info,
                            const struct fw_trial_log *log, const struct fw_route_events *events,
                            const struct fw_budget *time, struct fw_allocator *mem, struct fw_error *err)
{
    (void)data, (void)options, (void)info, (void)log, (void)events, (void)time, (void)mem;
    *out = (struct fw_route){.best = -1};
    return fw_error_set(err, FW_E_FAILED, "not yet");
}

void fw_route_clear(struct fw_route *route, struct fw_allocator *mem)
{
    (void)mem;
    *route = (struct fw_route){.best = -1};
}
