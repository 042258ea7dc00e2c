-- Takes back what the other file made.
ALTER FUNCTION refuse_change SECURITY INVOKER;
ALTER FUNCTION refuse_unlogged SECURITY INVOKER;
ALTER FUNCTION statement_step_timed SECURITY INVOKER;
ALTER FUNCTION statement_actor_allowed SECURITY INVOKER;
ALTER FUNCTION statement_speaker_allowed SECURITY INVOKER;
ALTER FUNCTION statement_step_signed SECURITY INVOKER;
ALTER FUNCTION statement_submission_allowed SECURITY INVOKER;
ALTER FUNCTION statement_repeated SECURITY INVOKER;
ALTER FUNCTION statement_rejection_allowed SECURITY INVOKER;
ALTER FUNCTION statement_approval_allowed SECURITY INVOKER;
ALTER FUNCTION statement_balance_complete SECURITY INVOKER;
ALTER FUNCTION statement_opening_complete SECURITY INVOKER;
ALTER FUNCTION statement_opening_allowed SECURITY INVOKER;
ALTER FUNCTION statement_release_allowed SECURITY INVOKER;
ALTER FUNCTION statement_payment_allowed SECURITY INVOKER;
ALTER FUNCTION statement_dispute_allowed SECURITY INVOKER;
ALTER FUNCTION statement_answer_allowed SECURITY INVOKER;
