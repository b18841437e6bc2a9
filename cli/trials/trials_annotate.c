/* `fieldwise trials annotate`: a note on a study. */
#include "cli/trials/trials.h"
#include "cli/trials/trials_change.h"
#include "results/care/store_notes.h"

int trials_annotate(int argc, char **argv)
{
    static const struct trials_text_change what = {
        .command = "trials annotate",
        .args_doc = "STUDY TEXT",
        .doc = "Writes a note on a study in place of the one that is there; an empty text removes it.\v  fieldwise "
               "trials annotate autocross-1 \"too few rows; see the next one\"",
        .missing = "name a study and say the note: annotate STUDY TEXT; an empty text removes it",
        .set = fw_store_annotate,
    };
    return trials_change_text(&what, argc, argv);
}
