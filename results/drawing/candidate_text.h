/* Candidates and the details of decisions, stored as JSON, in words for people. */
#ifndef FW_RESULTS_CANDIDATE_TEXT_H
#define FW_RESULTS_CANDIDATE_TEXT_H

#include "core/text.h"

/* Appends a candidate: {"cross":["age@10","occupation"]} as "age@10 x occupation", an empty cross as "(no cross)"; any
 * other members as "name=value". Member "with", the crosses that were there before, is left out unless `whole`, when it
 * follows as ", with a x b, c x d". What is no JSON object is appended as it is; NULL as nothing. */
void fw_candidate_text(struct fw_buffer *out, const char *json, bool whole);

/* Appends the detail of a decision: the text of its member "why" first, then the members that tables have no column for
 * as "name=value". */
void fw_detail_text(struct fw_buffer *out, const char *json);

#endif
