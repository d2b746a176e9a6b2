--------------------------------- MODULE Model ---------------------------------
\* test (p.q=2)
\* A deadlock is a violation of an invariant here: run TLC with CHECK_DEADLOCK FALSE.
EXTENDS Integers, FiniteSets

VARIABLES at_p_q, a, b_2, seen, p_q_x

vars == <<at_p_q, a, b_2, seen, p_q_x>>

RECURSIVE Mask(_)
Mask(set) == IF set = {} THEN 0 ELSE LET bit == CHOOSE b \in set : TRUE IN 2 ^ bit + Mask(set \ {bit})
Bits(mask) == {b \in 0..62 : (mask \div 2 ^ b) % 2 = 1}

Init ==
    /\ at_p_q = [me \in 0..1 |-> 0]
    /\ a = [i0 \in 0..1 |-> 0]
    /\ b_2 = [i0 \in 0..1 |-> (-1)]
    /\ seen = {0, 2}
    /\ p_q_x = [i0 \in 0..1 |-> 0]

able_p_q(me) == ((at_p_q[me] = 0 /\ (((p_q_x[me] = 0) /\ ~(a[me] > (-6))) \/ (me \in seen))) \/ (at_p_q[me] = 1))

p_q_0(me) ==  \* start to end
    /\ at_p_q[me] = 0
    /\ ~((p_q_x[me] = 0) /\ ~(a[me] > (-6)))
    /\ (me \in seen)
    /\ at_p_q' = [at_p_q EXCEPT ![me] = 1]
    /\ a' = [a EXCEPT ![me] = b_2[me]]
    /\ b_2' = [b_2 EXCEPT ![me] = (a[me] - 3)]
    /\ UNCHANGED <<seen, p_q_x>>

p_q_1(me) ==  \* end to start
    /\ at_p_q[me] = 1
    /\ at_p_q' = [at_p_q EXCEPT ![me] = 0]
    /\ seen' = (seen \cup {me})
    /\ p_q_x' = [p_q_x EXCEPT ![me] = 1]
    /\ UNCHANGED <<a, b_2>>

step_p_q(me) == (p_q_0(me) \/ p_q_1(me))

Next == (\E me \in 0..1 : step_p_q(me))

Spec ==
    /\ Init
    /\ [][Next]_vars

asserted == ~(\E me \in 0..1 : (at_p_q[me] = 0 /\ ((p_q_x[me] = 0) /\ ~(a[me] > (-6)))))

small == (\A i \in 0..1 : (b_2[i] <= 5))

no_deadlock == ((\A me \in 0..1 : (at_p_q[me] = 1)) \/ (\E me \in 0..1 : able_p_q(me)))
================================================================================
