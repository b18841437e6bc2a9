/* `fieldwise trials rename`: another name for a study. */
#include "cli/trials/trials.h"
#include "cli/trials/trials_change.h"
#include "results/care/store_notes.h"

int trials_rename(int argc, char **argv)
{
    static const struct trials_text_change what = {
        .command = "trials rename",
        .args_doc = "STUDY NAME",
        .doc = "Gives a study another name. The same command finds its study again under any name.",
        .missing = "name a study and its new name: rename STUDY NAME",
        .set = fw_store_rename,
    };
    return trials_change_text(&what, argc, argv);
}
