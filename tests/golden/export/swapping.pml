/* test (p.q=2)

   spin -o2 -a FILE; cc -O2 -DSAFETY -DNOREDUCE pan.c -o pan; ./pan -m10000000
   stores exactly the states of the program; without -o2 and -DNOREDUCE SPIN may store fewer.
   A deadlock is an invalid end state. */

short a[2];
short b[2] = -1;
byte seen = 5;
byte p_q_x[2];
/* what a step reads before it writes; no part of the state */
hidden int saved_0;

active proctype p_q_0()
{
L0:  /* start */
    if
    :: d_step { (((seen >> 0) & 1) == 1) -> saved_0 = (a[0] - 3); a[0] = b[0]; b[0] = saved_0 } goto end_L1  /* start to end */
    fi;
end_L1:  /* end */
    if
    :: d_step { true -> seen = (seen | (1 << 0)); p_q_x[0] = 1 } goto L0  /* end to start */
    fi
}

active proctype p_q_1()
{
L0:  /* start */
    if
    :: d_step { (((seen >> 1) & 1) == 1) -> saved_0 = (a[1] - 3); a[1] = b[1]; b[1] = saved_0 } goto end_L1  /* start to end */
    fi;
end_L1:  /* end */
    if
    :: d_step { true -> seen = (seen | (1 << 1)); p_q_x[1] = 1 } goto L0  /* end to start */
    fi
}

active proctype invariants()
{
end_invariants:
    do
    :: d_step { !((b[0] <= 5) && (b[1] <= 5)) -> printf("small does not hold\n"); assert(false) }
    od
}
