-- test (p.q=2)
--
-- rumur --value-type int32_t --deadlock-detection stuck -o model.c FILE
-- cc -O3 -mcx16 model.c -lpthread -o model; ./model
-- explores exactly the states of the program.
-- Where every process may stay for ever, a rule that does nothing is enabled: that is no deadlock.

var
  at_p_q: array [0..1] of 0..1;
  a: array [0..1] of -8..7;
  b: array [0..1] of -8..7;
  seen: 0..7;
  p_q_x: array [0..1] of 0..7;

startstate "0"
begin
  at_p_q[0] := 0;
  at_p_q[1] := 0;
  a[0] := 0;
  a[1] := 0;
  b[0] := (-1);
  b[1] := (-1);
  seen := 5;
  p_q_x[0] := 0;
  p_q_x[1] := 0;
end;

ruleset me: 0..1 do
  rule "p.q 0: start to end"
    at_p_q[me] = 0 & (((p_q_x[me] = 0) & !(a[me] > (-6))) | (((seen >> me) & 1) = 1))
  ==>
  var
    saved_0: -8..7;
  begin
    if ((p_q_x[me] = 0) & !(a[me] > (-6))) then
      error "asserted: it is wrong";
    else
      saved_0 := (a[me] - 3);
      a[me] := b[me];
      b[me] := saved_0;
      at_p_q[me] := 1;
    end;
  end;
  rule "p.q 1: end to start"
    at_p_q[me] = 1
  ==>
  begin
    seen := (seen | (1 << me));
    p_q_x[me] := 1;
    at_p_q[me] := 0;
  end;
end;

rule "everybody may stay"
  (forall me: 0..1 do (at_p_q[me] = 1) end)
==>
begin
end;

invariant "small"
  (forall i: 0..1 do (b[i] <= 5) end);
